# SPDX-License-Identifier: Apache-2.0
#
# Completion of urun-bwrap for fish. Options, and how many values each takes, are asked of urun-bwrap itself.

# "--name VALUE..." of all options.
function __urun_bwrap_options
    urun-bwrap --help 2>/dev/null | string replace -rf '^ +(--[a-z0-9-]+(?: [A-Z]+)*) .*$' '$1'
end

# What the cursor is at: "value", "option" or "command".
function __urun_bwrap_at
    set -l words (commandline -opc)
    set -e words[1]
    while set -q words[1]
        set -l word $words[1]
        set -e words[1]
        if test "$word" = --
            set -q words[1]; and test $argv[1] = value; or test $argv[1] = command
            return
        end
        if not string match -q -- '-*' $word
            test $argv[1] = value
            return
        end
        set -l row (__urun_bwrap_options | string match -r -- "^$word( .*)?\$")
        for value in (string split -n ' ' -- $row[1])[2..-1]
            if not set -q words[1]
                test $argv[1] = value
                return
            end
            set -e words[1]
        end
    end
    test $argv[1] = option -o $argv[1] = command
end

complete -c urun-bwrap -f
complete -c urun-bwrap -n '__urun_bwrap_at option' -a '(__urun_bwrap_options | string replace -r " .*" "")'
complete -c urun-bwrap -n '__urun_bwrap_at command' -a '(__fish_complete_command)'
complete -c urun-bwrap -n '__urun_bwrap_at value' -F
