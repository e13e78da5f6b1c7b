#include "picture.hpp"

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <string>
#include <system_error>

#include "arbiter/files.hpp"
#include "arbiter/plots.hpp"
#include "gnuplot.hpp"

namespace arbiter::plots {

namespace fs = std::filesystem;

namespace {

constexpr std::chrono::seconds patience{60};

/// A folder of this process alone, removed with all that is in it.
class PrivateFolder {
 public:
  PrivateFolder() {
    std::error_code error;
    const fs::path base = fs::temp_directory_path(error);
    if (error) throw SystemError("find a folder for temporary files (TMPDIR)", error.value());
    std::string name = (base / "arbiter-picture-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw SystemError("create folder " + name, errno);
    path_ = name;
  }
  ~PrivateFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  PrivateFolder(const PrivateFolder&) = delete;
  PrivateFolder& operator=(const PrivateFolder&) = delete;

  [[nodiscard]] fs::path operator/(const char* name) const { return path_ / name; }

 private:
  fs::path path_;
};

}  // namespace

void write_picture(const fs::path& file, double width, double height, const std::function<void(Script&)>& fill) {
  const Format format = format_of(file);
  const PrivateFolder folder;
  {
    Script script(folder / "script", folder / "picture", format, width, height);
    fill(script);
  }
  run_gnuplot(folder / "script", folder / "messages", patience, file);
  std::string contents;
  if (fs::exists(folder / "picture")) contents = read_file(folder / "picture");
  if (!is_whole(format, contents)) {
    throw PictureError(file.string() +
                       ": gnuplot left no whole picture (is the disk full?): " + one_line(folder / "messages"));
  }
  write_file(file, contents);
}

}  // namespace arbiter::plots
