#pragma once

#include <string>
#include <string_view>

namespace arbiter {

/// What a key, a parameter or a plugin of an earlier Arbiter is called now, as the end of a message ("; it is called
/// measurement.probe now"); empty for a word that was never used. `path` is where it stands ("measurement.limits",
/// "strategies.ONESHOT.alone", "sinks.floor_distance").
[[nodiscard]] std::string renamed(std::string_view path);

}  // namespace arbiter
