// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/catalogue.hpp"
#include "config/config.hpp"
#include "config/document.hpp"

namespace arbiter {

/// ConfigText::validate() for a document and a catalogue. Throws ConfigError.
[[nodiscard]] Config validate(ConfigDocument document, const Catalogue& catalogue, bool data_dir_mode = false);

}  // namespace arbiter
