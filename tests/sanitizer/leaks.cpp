// SPDX-License-Identifier: Apache-2.0
// What the sanitizers must know. Linked into the runner and every test of a sanitizer build.

/// Leaks of libraries that Arbiter uses and does not own. A leak of Arbiter's own is fixed and has no entry here.
extern "C" __attribute__((visibility("default"))) const char* __lsan_default_suppressions() {
  return "leak:libmpi\n"
         "leak:libopen-pal\n"
         "leak:libopen-rte\n"
         "leak:libpmix\n"
         "leak:libevent\n"
         "leak:libhwloc\n"
         "leak:/mca_\n"
         "leak:libmca_\n"
         "leak:__vasprintf_internal\n"  // only Open MPI calls it; the C library's frames hide the caller
         "leak:libglpk\n";
}

/// The sanitizer finds thread-local blocks of loaded libraries through the C library's own records, as it finds any
/// other block. Where it intercepts __tls_get_addr() instead, it takes an allocation 16 bytes into a page for one with
/// a header of glibc 2.19: it then scans an address that is a number, and dies ("Tracer caught signal 11").
extern "C" __attribute__((visibility("default"))) const char* __asan_default_options() {
  return "intercept_tls_get_addr=0";
}

/// Libraries stay loaded, because a report names the library of a leak only while it is loaded, and suppressions go by
/// that name. MPI_Finalize() unloads the components of Open MPI.
extern "C" __attribute__((visibility("default"))) int dlclose(void* /*library*/) noexcept { return 0; }
