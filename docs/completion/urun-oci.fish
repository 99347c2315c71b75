# SPDX-License-Identifier: Apache-2.0
#
# Completion of urun-oci for fish. Commands, options and containers are asked of urun-oci itself.

# The command on the line, or nothing.
function __urun_oci_command
    set -l names (urun-oci __options names 2>/dev/null)
    for word in (commandline -opc)[2..-1]
        if contains -- $word $names
            echo $word
            return
        end
    end
end

# "--name<tab>what it takes" of the command, or of those before one.
function __urun_oci_options
    set -l command (__urun_oci_command)
    test -n "$command"; or set command global
    urun-oci __options $command 2>/dev/null | string replace -r '^(--\S+)\t.*\t' '$1\t'
    echo -e '--help\tflag'
end

function __urun_oci_wants_container
    set -l command (__urun_oci_command)
    test -n "$command"; and not contains -- $command create run restore spec features list
end

complete -c urun-oci -f
complete -c urun-oci -n 'test -z "$(__urun_oci_command)"' -a '(urun-oci __options names 2>/dev/null)'
complete -c urun-oci -n '__urun_oci_wants_container' -a '(urun-oci list -q 2>/dev/null)'
complete -c urun-oci -n 'string match -q -- "-*" (commandline -ct)' -a '(__urun_oci_options)'
complete -c urun-oci -l log-format -xa 'text json'
complete -c urun-oci -l cgroup-manager -xa 'cgroupfs systemd disabled'
complete -c urun-oci -l bundle -l config -l log -l root -l pid-file -l process -r -F
