// SPDX-License-Identifier: Apache-2.0
#include "lp/labelling_cut.hpp"

#include <algorithm>
#include <cmath>

// GCC cannot see that Boost's iterators over edges set what they read.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/boykov_kolmogorov_max_flow.hpp>

namespace arbiter {

namespace {

using Traits = boost::adjacency_list_traits<boost::vecS, boost::vecS, boost::directedS>;

struct Vertex {
  boost::default_color_type color = boost::white_color;
  long distance = 0;
  Traits::edge_descriptor predecessor;
};

struct Edge {
  double capacity = 0.0;
  double residual = 0.0;
  Traits::edge_descriptor reverse;
};

using Graph = boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS, Vertex, Edge>;

class Network {
 public:
  explicit Network(std::size_t vertices) : graph_(vertices + 2), source_(vertices), sink_(vertices + 1) {}

  [[nodiscard]] std::size_t source() const { return source_; }
  [[nodiscard]] std::size_t sink() const { return sink_; }

  void add(std::size_t from, std::size_t to, double capacity) {
    const auto there = boost::add_edge(from, to, graph_).first;
    const auto back = boost::add_edge(to, from, graph_).first;
    graph_[there].capacity = capacity;
    graph_[there].reverse = back;
    graph_[back].reverse = there;
  }

  double max_flow() {
    return boost::boykov_kolmogorov_max_flow(graph_, boost::get(&Edge::capacity, graph_),
                                             boost::get(&Edge::residual, graph_), boost::get(&Edge::reverse, graph_),
                                             boost::get(&Vertex::predecessor, graph_),
                                             boost::get(&Vertex::color, graph_), boost::get(&Vertex::distance, graph_),
                                             boost::get(boost::vertex_index, graph_), source_, sink_);
  }

  /// After max_flow().
  [[nodiscard]] bool is_on_source_side(std::size_t vertex) const { return graph_[vertex].color == boost::black_color; }

 private:
  Graph graph_;
  std::size_t source_;
  std::size_t sink_;
};

}  // namespace

bool is_chains(const LabellingProblem& problem) {
  return std::isinf(problem.violation_penalty) &&
         std::ranges::all_of(problem.edges, [](const auto& edge) { return edge.first + 1 == edge.second; });
}

LabellingCut cut_of_chains(const LabellingProblem& problem) {
  std::vector<bool> follows(problem.nodes, false);
  for (const auto& edge : problem.edges) follows[edge.second] = true;
  // least[n, k]: the least cost of the chain up to n with label k there; from[n, k]: the label before it.
  std::vector<double> least(problem.cost);
  std::vector<std::size_t> from(least.size(), 0);
  LabellingCut cut{std::vector<std::size_t>(problem.nodes, 0), 0.0};
  for (std::size_t node = 1; node < problem.nodes; ++node) {
    if (!follows[node]) continue;
    const std::size_t before = (node - 1) * problem.labels;
    std::size_t best = 0;
    for (std::size_t k = 0; k < problem.labels; ++k) {
      if (least[before + k] < least[before + best]) best = k;
      from[node * problem.labels + k] = best;
      least[node * problem.labels + k] += least[before + best];
    }
  }
  for (std::size_t node = problem.nodes; node-- > 0;) {
    const bool is_last = node + 1 == problem.nodes || !follows[node + 1];
    if (is_last) {
      const auto first = least.begin() + static_cast<std::ptrdiff_t>(node * problem.labels);
      const auto best = std::min_element(first, first + static_cast<std::ptrdiff_t>(problem.labels));
      cut.labels[node] = static_cast<std::size_t>(best - first);
      cut.optimum += *best;
    } else {
      cut.labels[node] = from[(node + 1) * problem.labels + cut.labels[node + 1]];
    }
  }
  return cut;
}

LabellingCut cut_of_network(const LabellingProblem& problem) {
  const std::size_t variables = problem.labels - 1;
  Network network(problem.nodes * variables);
  const auto vertex = [&](std::size_t node, std::size_t k) { return node * variables + k - 1; };
  LabellingCut cut{std::vector<std::size_t>(problem.nodes, 0), 0.0};
  double unbounded = 1.0;
  for (std::size_t node = 0; node < problem.nodes; ++node) {
    cut.optimum += problem.cost_of(node, 0);
    for (std::size_t k = 1; k < problem.labels; ++k) {
      const double change = problem.cost_of(node, k) - problem.cost_of(node, k - 1);
      unbounded += std::abs(change);
      // y = 1 is the side of the source.
      if (change > 0.0) network.add(vertex(node, k), network.sink(), change);
      if (change < 0.0) network.add(network.source(), vertex(node, k), -change);
      cut.optimum += std::min(change, 0.0);
    }
  }
  const double along_edges = std::isinf(problem.violation_penalty) ? unbounded : problem.violation_penalty;
  for (std::size_t node = 0; node < problem.nodes; ++node) {
    for (std::size_t k = 2; k < problem.labels; ++k) network.add(vertex(node, k), vertex(node, k - 1), unbounded);
  }
  for (const auto& [before, after] : problem.edges) {
    for (std::size_t k = 1; k < problem.labels; ++k) network.add(vertex(before, k), vertex(after, k), along_edges);
  }
  cut.optimum += network.max_flow();
  for (std::size_t node = 0; node < problem.nodes; ++node) {
    for (std::size_t k = 1; k < problem.labels; ++k) {
      if (network.is_on_source_side(vertex(node, k))) cut.labels[node] = k;
    }
  }
  return cut;
}

}  // namespace arbiter
