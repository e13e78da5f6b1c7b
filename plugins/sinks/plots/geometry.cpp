#include "geometry.hpp"

namespace arbiter::plots {

double text_width(std::string_view text, double size, bool bold) {
  double ems = 0.0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0U) == 0x80U) continue;  // the rest of a character already counted
    if (c >= 'A' && c <= 'Z') {
      ems += 0.70;
    } else if (c == ' ' || c == ',' || c == '.') {
      ems += 0.33;
    } else {
      ems += 0.63;
    }
  }
  return ems * size * (bold ? 1.12 : 1.0);
}

}  // namespace arbiter::plots
