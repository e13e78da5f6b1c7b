// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace arbiter::test {

/// A name that would do something if it were not data: what runs creates the file `marker` in the working folder, what
/// is compiled does not compile.
struct HostileName {
  const char* what;  ///< for the name of the test
  std::string name;
};

inline constexpr const char* marker = "marker";

inline std::vector<HostileName> hostile_names() {
  using std::string_literals::operator""s;
  const std::string touch = "system('touch marker')";
  const std::string open = "open('marker', 'w')";
  return {
      {"CarriageReturn", "A\r#error injected\rB"},
      {"LineEnds", "A\n#error injected\r\nint x = [;\n"},
      {"OtherLineEnds", "A\v#error\f#error\xC2\x85#error\xE2\x80\xA8#error"},
      {"BackslashAtTheEnd", "A\\"},
      {"BackslashAndBlankAtTheEnd", "A\\ "},
      {"TrigraphAtTheEnd", "A?\?/"},
      {"CommentEnd", "*/ #error /*"},
      {"Quotes", R"(";#error " ' """ ''' \" \')"},
      {"RawString", R"x()";})(" R"(x)x"},
      {"Escapes", R"(\n \x41 \101 \N{DIGIT ONE} \u0041 %s %d %n {} {0})"},
      {"Keyword", "class"},
      {"Macro", "INT64_MAX"},
      {"PythonStatement", "'\n" + open + "\n'\n"},
      {"PythonBehindCarriageReturn", "A\r" + open + "\r"},
      {"PythonEncoding", "coding: utf-7 +AAo-" + open + "+AAo-"},
      {"GnuplotStatement", "'\n" + touch + "\n'"},
      {"GnuplotQuotes", "'''; " + touch + "; '''"},
      {"GnuplotQuote", "'; " + touch + "; '"},
      {"Backticks", "`touch marker` \"`touch marker`\" $(touch marker)"},
      {"GnuplotMarkup", "@A {/Symbol x} a_b^c &{x} ~a{.8-} {{{ # \\"},
      {"Markup", "<script>&amp;</text></svg> ]]> <!--"},
      {"TunerLine", "allreduce,0,9,tree,ll,1,1,2,-1,-1"},
      {"TunerLineBehindALineEnd", "A\nallreduce,0,9,tree,ll,1,1,2,-1,-1\n"},
      {"TunerLineBehindALongComment", std::string(700, ',') + "\nallreduce,0,9,tree,ll,1,1,2,-1,-1"},
      {"Hash", "# A"},
      {"ParentFolder", "../x"},
      {"Slash", "a/b"},
      {"Root", "/marker"},
      {"Dots", ".."},
      {"Device", "CON"},
      {"Option", "-rf"},
      {"Blanks", " A\t"},
      {"Comma", "A,\"B\",C"},
      {"ZeroByte", "A\0B"s},
      {"Long", std::string(5000, 'x')},
      {"LongName", std::string(300, '/') + "..\\"},
      {"Terminal", "\x1B[31mred\x1B[0m\a\b\x1B]0;title\a\x7F"},
      {"WideControls",
       "\xC2\x9B"
       "31m"},
      {"Direction",
       "A\xE2\x80\xAE"
       "B\xE2\x81\xA6"
       "C\xE2\x80\x8B"},
      {"NoUtf8", "A\xFF\xC3\x28\xC0\xAF\xED\xA0\x80"},
      {"Letters", "\xC3\xA9\xE4\xB8\xAD\xF0\x9F\x9A\x80"},
  };
}

}  // namespace arbiter::test
