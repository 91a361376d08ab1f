#include "cli/completion_scripts.hpp"

namespace rhumb::cli {
namespace {

// bash cuts words at "=" and ":", which the program knows nothing of: they are put together again, and what stands
// before the last cut is taken off what comes back.
constexpr std::string_view kBash = R"script(# bash completion of rhumb: the program itself tells what fits.
_rhumb() {
    local current=${COMP_WORDS[COMP_CWORD]} words=() word is_joined='' line candidate
    for word in "${COMP_WORDS[@]:1:COMP_CWORD}"; do
        if [[ ${#words[@]} -gt 0 && ( $word =~ ^[=:]+$ || -n $is_joined ) ]]; then
            words[-1]+=$word
        else
            words+=("$word")
        fi
        is_joined=''
        [[ ! $word =~ ^[=:]+$ ]] || is_joined=yes
    done
    [[ ! $current =~ ^[=:]+$ ]] || current=''
    local before=${words[-1]%"$current"}
    COMPREPLY=()
    while IFS= read -r line; do
        case $line in
            :files) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
            :directories) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$current") ;;
            *)
                candidate=${line%%$'\t'*}
                COMPREPLY+=("${candidate#"$before"}")
                ;;
        esac
    done < <("${COMP_WORDS[0]}" complete -- "${words[@]}" 2>/dev/null)
}
complete -F _rhumb rhumb
)script";

constexpr std::string_view kZsh = R"script(#compdef rhumb
# zsh completion of rhumb: the program itself tells what fits.
_rhumb() {
    local -a candidates
    local line
    for line in "${(@f)$(${words[1]} complete -- "${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
        case $line in
            :files) compset -P '--*='; _files; return ;;
            :directories) compset -P '--*='; _files -/; return ;;
            ?*) candidates+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}") ;;
        esac
    done
    _describe -V rhumb candidates
}
if [[ $funcstack[1] == _rhumb ]]; then
    _rhumb "$@"
else
    compdef _rhumb rhumb
fi
)script";

constexpr std::string_view kFish = R"script(# fish completion of rhumb: the program itself tells what fits.
function __rhumb_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    # What stands before a path in the same word: --config=
    set -l before (string match -r '^--[^=]*=' -- "$current")
    set -l path (string replace -- "$before" '' "$current")
    for line in ($words[1] complete -- $words[2..-1] "$current" 2>/dev/null)
        switch $line
            case :files
                string replace -r '^' -- "$before" (__fish_complete_path "$path")
            case :directories
                string replace -r '^' -- "$before" (__fish_complete_directories "$path" '')
            case '*'
                echo $line
        end
    end
end
complete -c rhumb -f -a '(__rhumb_complete)'
)script";

}  // namespace

std::string_view completion_script(std::string_view shell) noexcept {
  if (shell == "bash") return kBash;
  if (shell == "zsh") return kZsh;
  return shell == "fish" ? kFish : "";
}

}  // namespace rhumb::cli
