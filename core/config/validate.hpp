// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/catalogue.hpp"
#include "config/config.hpp"
#include "config/document.hpp"

namespace arbiter {

/// ConfigText::validate() for a document and a catalogue. Throws ConfigError.
[[nodiscard]] Config validate(ConfigDocument document, const Catalogue& catalogue, bool data_dir_mode = false);

/// The section `strategies` alone, on a backend, in `data_dir_mode`; without the entries that are wrong.
[[nodiscard]] std::vector<PluginChoice> read_strategies(ConfigDocument document, const Catalogue& catalogue,
                                                        const std::string& backend);

}  // namespace arbiter
