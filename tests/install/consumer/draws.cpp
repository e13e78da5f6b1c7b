// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include "arbiter/plots.hpp"

// Asks for a picture of nothing, which is an error that both libraries have a part in.
int main() {
  try {
    arbiter::plot_heatmap(arbiter::Dataset(arbiter::Machine{}), "NONE", "nothing.png");
  } catch (const arbiter::Error& error) {
    std::cout << "arbiter says: " << error.what() << "\n";
    return 0;
  }
  return 1;
}
