#include "supervise/checkpoint_json.hpp"

#include <cmath>
#include <limits>

#include <nlohmann/json.hpp>

#include "arbiter/error.hpp"

namespace arbiter::journal_json {

namespace {

using Json = nlohmann::json;

/// Reasons are what plugins said; a byte that is no UTF-8 must not cost the line.
std::string line_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

Json json_of(const Cell& cell) {
  const auto& problem = cell.problem;
  return {{"tp_size", problem.tp_size},         {"dtype", name_of(problem.dtype)},  {"fusion", problem.fusion},
          {"hidden_size", problem.hidden_size}, {"num_tokens", problem.num_tokens}, {"strategy", cell.strategy}};
}

Cell cell_of(const Json& json) {
  Cell cell;
  cell.problem = {json.at("tp_size"), parse_message_dtype(json.at("dtype").get<std::string>()).value(),
                  json.at("fusion"), json.at("hidden_size"), json.at("num_tokens")};
  cell.strategy = json.at("strategy");
  return cell;
}

/// JSON has no NaN: nlohmann writes null.
double time_of(const Json& json) { return json.is_null() ? Measurement::none : json.get<double>(); }

Measurement row_of(const Json& json) {
  Measurement row;
  auto [problem, strategy] = cell_of(json.at("row"));
  row.problem = std::move(problem);
  row.strategy = std::move(strategy);
  row.op = json.at("op");
  row.time_us = time_of(json.at("time_us"));
  row.backend = json.at("backend");
  row.graph = json.at("graph");
  row.iterations_per_sample = json.at("iterations_per_sample");
  row.samples = json.at("samples");
  row.min_us = time_of(json.at("min_us"));
  row.p95_us = time_of(json.at("p95_us"));
  row.ci_low_us = time_of(json.at("ci_low_us"));
  row.ci_high_us = time_of(json.at("ci_high_us"));
  // A result that is off beyond all bounds is infinitely wrong, which JSON cannot say either.
  row.error = json.at("error_is_infinite") ? std::numeric_limits<double>::infinity() : time_of(json.at("error"));
  row.lower_bound_us = time_of(json.at("lower_bound_us"));
  row.failed = json.at("failed");
  row.holdout = json.at("holdout");
  row.reason = json.at("reason");
  return row;
}

}  // namespace

std::string of_row(const Measurement& row) {
  return line_of({{"row", json_of({row.problem, row.strategy})},
                  {"op", row.op},
                  {"time_us", row.time_us},
                  {"backend", row.backend},
                  {"graph", row.graph},
                  {"iterations_per_sample", row.iterations_per_sample},
                  {"samples", row.samples},
                  {"min_us", row.min_us},
                  {"p95_us", row.p95_us},
                  {"ci_low_us", row.ci_low_us},
                  {"ci_high_us", row.ci_high_us},
                  {"error", row.error},
                  {"error_is_infinite", std::isinf(row.error)},
                  {"lower_bound_us", row.lower_bound_us},
                  {"failed", row.failed},
                  {"holdout", row.holdout},
                  {"reason", row.reason}});
}

std::string of_broken(const BrokenCell& broken) {
  return line_of({{"broken", json_of(broken.cell)}, {"reason", broken.reason}});
}

std::string of_complaint(const std::string& text) { return line_of({{"complaint", text}}); }

void add_to(Checkpoint::Contents& contents, const std::string& line) {
  try {
    const auto json = Json::parse(line);
    if (json.contains("row")) {
      contents.rows.push_back(row_of(json));
    } else if (json.contains("broken")) {
      contents.broken.push_back({cell_of(json.at("broken")), json.at("reason")});
    } else {
      contents.complaints.push_back(json.at("complaint"));
    }
  } catch (const std::exception& error) {
    throw Error(std::string("the checkpoint of the ranks before cannot be read: ") + error.what());
  }
}

std::string of_current(const Checkpoint::Current& current) {
  return line_of({{"cell", json_of(current.cell)}, {"patience_seconds", current.patience_seconds}});
}

Checkpoint::Current current_of(const std::string& text) {
  const auto json = Json::parse(text);
  return {cell_of(json.at("cell")), json.at("patience_seconds")};
}

}  // namespace arbiter::journal_json
