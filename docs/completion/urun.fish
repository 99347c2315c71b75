# SPDX-License-Identifier: Apache-2.0
#
# Completion of urun for fish. Commands and options are asked of urun itself (`urun --help`,
# `urun COMMAND --help`): only the values of options are written down here.

# "name<tab>help" of the verbs.
function __urun_verbs
    set -l is_on 0
    for line in (urun --help 2>/dev/null)
        if test "$line" = Commands:
            set is_on 1
        else if test $is_on = 1
            string replace -rf '^  ([a-z]+) +(.*)$' '$1\t$2' -- $line
        end
    end
end

# "name<tab>letter<tab>value<tab>help" of the options of a verb.
function __urun_table
    urun $argv[1] --help 2>/dev/null |
        string replace -rf '^  (?:-(.), |    )--([a-z0-9-]+)(?: ([^ ]+))? +(.*)$' '$2\t$1\t$3\t$4'
end

# Where the cursor stands: the words before it decide. True when that is $argv[1]: "verb",
# "option VERB", "root", "folder" (the root behind --rootfs), "command" or "argument".
function __urun_at
    set -l words (commandline -opc)
    set -l verb $words[2]
    set -l want $argv[1]
    if test (count $words) -lt 2
        test $want = verb
        return
    end
    if test $want = option -a "$verb" != "$argv[2]"
        return 1
    end
    set -l root root
    set -l is_ended 0
    set -e words[1..2]
    while set -q words[1]
        set -l word $words[1]
        switch $word
            case --
                set -e words[1]
                set is_ended 1
                break
            case --rootfs --rootfs=true
                set root folder
                set -e words[1]
            case '--*=*'
                set -e words[1]
            case '-?*'
                set -e words[1]
                # The last letter of a bundle, or the whole name, may want a value.
                if string match -q -- $word $__urun_takes_value
                    or begin
                        string match -qr -- '^-[^-]' $word
                        and contains -- -(string sub -s -1 -- $word) $__urun_takes_value
                        and not contains -- (string sub -l 2 -- $word) $__urun_takes_value
                    end
                    if not set -q words[1]
                        # The cursor is at the value.
                        test $want = option
                        return
                    end
                    set -e words[1]
                end
            case '*'
                break
        end
    end
    if set -q words[1]
        set -e words[1]
        if test $verb = sandbox
            test $want = argument
            return
        end
        contains $verb run create; or return 1
        if set -q words[1]
            test $want = argument
        else
            test $want = command
        end
        return
    end
    if test $want = option
        test $is_ended = 0
        return
    end
    if test $verb = sandbox
        test $want = command
        return
    end
    contains $verb run create; and test $want = $root
end

# What the value of an option may be; $argv[1] is its name.
function __urun_values
    set -l word (commandline -ct | string replace -r '^--[a-z-]+=' '')
    set -l mount_words ro rw exec noexec dev nodev suid nosuid bind rbind private rprivate \
        slave rslave shared rshared unbindable runbindable
    switch $argv[1]
        case network net
            printf '%s\n' none auto slirp4netns pasta private host ns: container:
        case ipc
            printf '%s\n' private shareable none host ns: container:
        case pid uts cgroupns timens
            printf '%s\n' private host ns: container:
        case userns
            printf '%s\n' auto auto:size= host keep-id keep-id:uid= nomap private ns: container:
        case cgroups
            printf '%s\n' enabled disabled split
        case limits
            printf '%s\n' strict best-effort
        case device-read-bps device-read-iops device-write-bps device-write-iops blkio-weight-device
            __fish_complete_path /dev/
        case cgroup-conf
            printf '%s=\n' cpu.idle cpu.max.burst cgroup.max.depth cgroup.max.descendants \
                memory.high memory.min memory.oom.group
        case storage-driver
            printf '%s\n' auto overlay fuse-overlayfs
        case personality
            printf '%s\n' LINUX LINUX32
        case format
            switch (commandline -opc)[2]
                case history images ps stats
                    printf '%s\n' json table
                case '*'
                    printf '%s\n' text json
            end
        case sort
            switch (commandline -opc)[2]
                case images
                    printf '%s\n' created id repository size tag
                case ps
                    printf '%s\n' command created id image names runningfor size status
            end
        case filter
            switch (commandline -opc)[2]
                case images
                    printf '%s\n' after= before= containers=true containers=false \
                        dangling=true dangling=false id= label= readonly=true \
                        readonly=false reference= since= until=
                case ps
                    printf '%s\n' ancestor= before= exited= id= label= name= since= \
                        status=created status=exited status=paused \
                        status=running volume=
            end
        case security-opt
            printf '%s\n' apparmor= apparmor=unconfined label=disable mask= no-new-privileges \
                no-new-privileges=false proc-opts= seccomp= seccomp=unconfined unmask= \
                unmask=ALL
        case cap-add cap-drop
            printf '%s\n' all audit_control audit_read audit_write block_suspend bpf \
                checkpoint_restore chown dac_override dac_read_search fowner fsetid \
                ipc_lock ipc_owner kill lease linux_immutable mac_admin mac_override \
                mknod net_admin net_bind_service net_broadcast net_raw perfmon setfcap \
                setgid setpcap setuid sys_admin sys_boot sys_chroot sys_module sys_nice \
                sys_pacct sys_ptrace sys_rawio sys_resource sys_time sys_tty_config \
                syslog wake_alarm
        case ulimit
            printf '%s=\n' as core cpu data fsize locks memlock msgqueue nice nofile \
                nproc rss rtprio rttime sigpending stack
        case sysctl
            printf '%s\n' net. fs.mqueue. kernel.msgmax= kernel.msgmnb= kernel.msgmni= \
                kernel.sem= kernel.shmall= kernel.shmmax= kernel.shmmni= \
                kernel.shm_rmid_forced=
        case group-add
            echo keep-groups
        case user
            __fish_complete_users
        case env
            set -xn
        case unsetenv
            printf '%s\n' PATH TERM container
        case entrypoint
            __fish_complete_command
        case workdir
            __fish_complete_directories $word
        case policy
            printf '%s\n' sandbox build desktop
            __fish_complete_path $word
        case device device-try
            __fish_complete_path (test -n "$word"; and echo $word; or echo /dev/)
        case volume
            switch $word
                case '*:*:*'
                    set -l before (string replace -r '[^:,]*$' '' -- $word)
                    printf "$before%s\n" O $mount_words
                case '*:*'
                    set -l before (string replace -r ':.*' ':' -- $word)
                    printf "$before%s\n" (__fish_complete_directories (string replace -r '^[^:]*:' '' -- $word) '')
                case '*'
                    __fish_complete_path $word
            end
        case tmpfs
            switch $word
                case '*:*'
                    set -l before (string replace -r '[^:,]*$' '' -- $word)
                    printf "$before%s\n" size= mode= uid= gid= nr_inodes= tmpcopyup \
                        notmpcopyup $mount_words
                case '*'
                    __fish_complete_directories $word
            end
        case mount
            set -l before (string replace -r '[^,]*$' '' -- $word)
            printf "$before%s\n" type=bind type=tmpfs type=devpts src= dst= ro \
                bind-propagation= bind-nonrecursive tmpfs-size= tmpfs-mode= notmpcopyup
    end
end

# The first word that is no option: what the container's root is.
function __urun_roots
    set -l word (commandline -ct)
    if string match -q 'rootfs:*' -- $word
        printf 'rootfs:%s\n' (__fish_complete_directories (string sub -s 8 -- $word) '')
    else
        printf '%s\t%s\n' host: "the host's own system" rootfs: 'a folder'
    end
end

command -q urun; or return

set -g __urun_takes_value
complete -c urun -f
complete -c urun -n '__urun_at verb' -a '(__urun_verbs)'
for verb in (__urun_verbs | string replace -r '\t.*' '')
    for row in (__urun_table $verb)
        set -l field (string split \t -- $row)
        set -l letter
        test -n "$field[2]"; and set letter -s $field[2]
        set -l where -c urun -n "__urun_at option $verb" -l $field[1] $letter -d "$field[4]"
        if test -z "$field[3]"
            complete $where
            continue
        end
        set -a __urun_takes_value --$field[1]
        test -n "$field[2]"; and set -a __urun_takes_value -$field[2]
        switch $field[1]
            case cidfile env-file pidfile read read-try write write-try deny
                complete $where -r -F
            case '*'
                complete $where -x -a "(__urun_values $field[1])"
        end
    end
end
complete -c urun -n '__urun_at root' -a '(__urun_roots)'
complete -c urun -n '__urun_at folder' -a '(__fish_complete_directories (commandline -ct) "")'
complete -c urun -n '__urun_at command' -F -a '(__fish_complete_command)'
complete -c urun -n '__urun_at argument' -F
