#include "arbiter/plots.hpp"

namespace arbiter {

PictureError::~PictureError() = default;
GnuplotMissing::~GnuplotMissing() = default;

}  // namespace arbiter
