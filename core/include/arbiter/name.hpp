// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <concepts>
#include <ostream>
#include <string>
#include <string_view>
#include <type_traits>

#include "arbiter/export.hpp"

namespace arbiter {

class Name;

template <class Text>
concept TextOtherThanName =
    !std::same_as<std::remove_cvref_t<Text>, Name> && std::convertible_to<const Text&, std::string_view>;

/// A text that many rows repeat: a strategy, a fusion, a backend. Each different text is stored once per process and as
/// long as it, so that a million rows hold a million pointers. Names order as their texts do. A value; all of it is
/// thread-safe.
class ARBITER_EXPORT Name {
 public:
  /// The empty text.
  Name() = default;
  template <TextOtherThanName Text>
  Name(const Text& text) : text_(stored(text)) {}  // NOLINT(google-explicit-constructor): as std::string's

  /// Lives as long as the process.
  [[nodiscard]] const std::string& text() const { return text_ == nullptr ? empty_text() : *text_; }
  operator const std::string&() const { return text(); }  // NOLINT(google-explicit-constructor)
  operator std::string_view() const { return text(); }    // NOLINT(google-explicit-constructor)
  void clear() { text_ = nullptr; }
  [[nodiscard]] bool empty() const { return text_ == nullptr; }
  [[nodiscard]] std::size_t size() const { return text_ == nullptr ? 0 : text_->size(); }
  [[nodiscard]] bool starts_with(std::string_view start) const { return text().starts_with(start); }
  [[nodiscard]] std::size_t find(std::string_view part) const { return text().find(part); }

  friend bool operator==(const Name& a, const Name& b) { return a.text_ == b.text_; }
  friend std::strong_ordering operator<=>(const Name& a, const Name& b) {
    return a.text_ == b.text_ ? std::strong_ordering::equal : a.text() <=> b.text();
  }
  template <TextOtherThanName Text>
  friend bool operator==(const Name& a, const Text& b) {
    return std::string_view(a) == std::string_view(b);
  }
  template <TextOtherThanName Text>
  friend std::strong_ordering operator<=>(const Name& a, const Text& b) {
    return std::string_view(a) <=> std::string_view(b);
  }
  template <TextOtherThanName Text>
  friend std::string operator+(const Text& a, const Name& b) {
    return std::string(a) += b.text();
  }
  template <TextOtherThanName Text>
  friend std::string operator+(const Name& a, const Text& b) {
    return std::string(a.text()) += b;
  }
  friend std::ostream& operator<<(std::ostream& stream, const Name& name) { return stream << name.text(); }
  /// For fmt 10 and later.
  friend std::string_view format_as(const Name& name) { return name; }

 private:
  /// Null for the empty text.
  static const std::string* stored(std::string_view text);
  static const std::string& empty_text();

  const std::string* text_ = nullptr;
};

}  // namespace arbiter

// Algorithms of std::ranges compare names with texts as views.
template <template <class> class NameQualifiers, template <class> class TextQualifiers>
struct std::basic_common_reference<arbiter::Name, std::string, NameQualifiers, TextQualifiers> {
  using type = std::string_view;
};
template <template <class> class TextQualifiers, template <class> class NameQualifiers>
struct std::basic_common_reference<std::string, arbiter::Name, TextQualifiers, NameQualifiers> {
  using type = std::string_view;
};
