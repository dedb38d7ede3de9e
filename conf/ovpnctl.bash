# bash completion for ovpnctl(1)

# Prints the names of the daemons, asked with the words that stand before the command.  compgen expands
# its words, so that a name with anything else than these characters is left out.
_ovpnctl_daemons() {
    "$@" --csv status 2>/dev/null | tail -n +2 | cut -d, -f2 | grep -E '^[[:alnum:]_.-]+$'
}

_ovpnctl() {
    local commands='status clients users top sessions log state echo commands requests certificates'
    commands+=' shares guests watch kill halt hold release verb signal answer doctor'
    local current=${COMP_WORDS[COMP_CWORD]} command='' place=0 i

    for ((i = 1; i < COMP_CWORD; i++)); do
        if [[ " $commands " == *" ${COMP_WORDS[i]} "* ]]; then
            command=${COMP_WORDS[i]}
            place=$i
            break
        fi
    done
    COMPREPLY=()
    case $command in
    '')
        if [[ $current == --* ]]; then
            mapfile -t COMPREPLY < <(compgen -W '--json --csv --yes --help --version' -- "$current")
        else
            mapfile -t COMPREPLY < <(compgen -A hostname -W "$commands" -- "$current")
        fi
        return
        ;;
    kill | halt | watch) return ;;
    doctor)
        mapfile -t COMPREPLY < <(compgen -f -W '-c -u --root' -- "$current")
        return
        ;;
    hold) ((COMP_CWORD == place + 2)) &&
        mapfile -t COMPREPLY < <(compgen -W 'on off' -- "$current") && return ;;
    signal) ((COMP_CWORD == place + 2)) &&
        mapfile -t COMPREPLY < <(compgen -W 'SIGHUP SIGTERM SIGUSR1 SIGUSR2' -- "$current") &&
        return ;;
    esac
    mapfile -t COMPREPLY < <(
        compgen -W "$(_ovpnctl_daemons "${COMP_WORDS[@]:0:place}")" -- "$current")
}

complete -F _ovpnctl ovpnctl
