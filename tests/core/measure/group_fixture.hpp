// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <gmock/gmock.h>
#include <mpi.h>

#include "arbiter/backend.hpp"
#include "arbiter/fusion.hpp"
#include "comm/mpi_group.hpp"
#include "plugin/plugin_host.hpp"

namespace arbiter {

/// All ranks of the test, the real host backend and the real NONE fusion.
class GroupFixture : public ::testing::Test {
 protected:
  GroupFixture() {
    plugins_.load_dir(BUILT_PLUGINS);
    const auto* backend = plugins_.find(PluginKind::backend, "host");
    const auto* none = plugins_.find(PluginKind::fusion, "NONE");
    backend_ = plugins_.create_as<Backend>(*backend, Parameters(backend->parameters));
    none_ = plugins_.create_as<Fusion>(*none, Parameters(none->parameters));
  }

  PluginHost plugins_;
  MpiGroup group_{MPI_COMM_WORLD};
  std::shared_ptr<Backend> backend_;
  std::shared_ptr<Fusion> none_;
};

}  // namespace arbiter
