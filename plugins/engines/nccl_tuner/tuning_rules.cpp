// SPDX-License-Identifier: Apache-2.0
#include "tuning_rules.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

#include "tuner_abi.hpp"

namespace arbiter::tuner {

namespace {

using Names = std::span<const std::pair<std::string_view, int>>;

constexpr std::pair<std::string_view, int> collectives[] = {{"broadcast", broadcast},
                                                            {"reduce", reduce},
                                                            {"allgather", all_gather},
                                                            {"reducescatter", reduce_scatter},
                                                            {"allreduce", all_reduce}};
// The rows and columns of NCCL's cost table.
constexpr std::pair<std::string_view, int> algorithms[] = {
    {"tree", 0}, {"ring", 1}, {"collnet_direct", 2}, {"collnet_chain", 3}, {"nvls", 4}, {"nvls_tree", 5}, {"pat", 6}};
constexpr std::pair<std::string_view, int> protocols[] = {{"ll", 0}, {"ll128", 1}, {"simple", 2}};

constexpr int most_channels = 64;  // NCCL's MAXCHANNELS

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r";
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// The fields of one line, with the place of each for messages.
class Line {
 public:
  Line(std::size_t number, std::string_view text) : number_(number) {
    for (std::size_t start = 0; start <= text.size();) {
      const std::size_t end = std::min(text.find(',', start), text.size());
      fields_.push_back(trimmed(text.substr(start, end - start)));
      start = end + 1;
    }
    if (fields_.size() < 8 || fields_.size() > 10) {
      throw std::invalid_argument("line " + std::to_string(number_) + ": found " + std::to_string(fields_.size()) +
                                  " fields, allowed: 8 to 10 (colltype,minbytes,maxbytes,algorithm,protocol,channels,"
                                  "nNodes,nRanks,numPipeOps,regBuff)");
    }
  }

  [[nodiscard]] int name(std::size_t field, const char* what, Names names) const {
    std::string allowed;
    for (const auto& [name, value] : names) {
      if (fields_[field] == name) return value;
      allowed += allowed.empty() ? "" : ", ";
      allowed += name;
    }
    refuse(field, what, allowed);
  }

  [[nodiscard]] std::uint64_t bytes(std::size_t field, const char* what, std::uint64_t least) const {
    const auto value = number<std::uint64_t>(field);
    if (!value.second || value.first < least) refuse(field, what, "a number of bytes from " + std::to_string(least));
    return value.first;
  }

  /// -1 or from..to; -1 where the line has no such field.
  [[nodiscard]] int count(std::size_t field, const char* what, int from, int to) const {
    if (field >= fields_.size()) return any;
    const auto value = number<int>(field);
    if (value.second && (value.first == any || (value.first >= from && value.first <= to))) return value.first;
    refuse(field, what, "-1, " + std::to_string(from) + " to " + std::to_string(to));
  }

 private:
  template <class Number>
  [[nodiscard]] std::pair<Number, bool> number(std::size_t field) const {
    Number value = 0;
    const char* const end = fields_[field].data() + fields_[field].size();
    const auto [rest, error] = std::from_chars(fields_[field].data(), end, value);
    return {value, error == std::errc{} && rest == end};
  }

  [[noreturn]] void refuse(std::size_t field, const char* what, const std::string& allowed) const {
    throw std::invalid_argument("line " + std::to_string(number_) + ": " + what + ": found \"" +
                                std::string(fields_[field].substr(0, 40)) + "\", allowed: " + allowed);
  }

  std::size_t number_;
  std::vector<std::string_view> fields_;
};

Rule rule_of(const Line& line) {
  constexpr int largest = std::numeric_limits<int>::max();
  Rule rule;
  rule.collective = line.name(0, "colltype", collectives);
  rule.first_byte = line.bytes(1, "minbytes", 0);
  rule.last_byte = line.bytes(2, "maxbytes", rule.first_byte);
  rule.algorithm = line.name(3, "algorithm", algorithms);
  rule.protocol = line.name(4, "protocol", protocols);
  rule.channels = line.count(5, "channels", 1, most_channels);
  rule.nodes = line.count(6, "nNodes", 1, largest);
  rule.ranks = line.count(7, "nRanks", 1, largest);
  rule.pipe_ops = line.count(8, "numPipeOps", 0, largest);
  rule.registered = line.count(9, "regBuff", 0, 1);
  return rule;
}

bool is_any_or(int of_rule, std::size_t value) { return of_rule == any || static_cast<std::size_t>(of_rule) == value; }

}  // namespace

bool Rule::is_for_communicator(std::size_t of_nodes, std::size_t of_ranks) const {
  return is_any_or(nodes, of_nodes) && is_any_or(ranks, of_ranks);
}

bool Rule::is_for_call(int call, std::size_t bytes, int call_pipe_ops, int is_registered) const {
  return collective == call && bytes >= first_byte && bytes <= last_byte &&
         (pipe_ops == any || pipe_ops == call_pipe_ops) && (registered == any || registered == is_registered);
}

std::vector<Rule> parse_rules(std::string_view text) {
  std::vector<Rule> rules;
  std::size_t number = 0;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    const std::string_view line = trimmed(text.substr(start, end - start));
    start = end + 1;
    ++number;
    if (!line.empty() && line.front() != '#') rules.push_back(rule_of(Line(number, line)));
  }
  return rules;
}

}  // namespace arbiter::tuner
