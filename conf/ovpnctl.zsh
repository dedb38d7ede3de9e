#compdef ovpnctl
# zsh completion for ovpnctl(1)

_ovpnctl_daemons() {
    local -a names
    names=(${(f)"$(_call_program daemons ${words[1,place]} --csv status 2>/dev/null |
        tail -n +2 | cut -d, -f2 | grep -E '^[[:alnum:]_.-]+$')"})
    _describe daemon names
}

_ovpnctl() {
    local -a commands
    local place=0 i
    commands=(
        'status:the daemons, and what waits for somebody'
        'clients:who is connected'
        'users:everybody who ever was'
        'top:who is connected, refreshed, by rate'
        'sessions:who was connected, and until when'
        'log:what the daemons log'
        'state:what states they went through'
        'echo:what their servers sent to echo'
        'commands:what was asked of them through SNMP'
        'requests:the questions that they wait with'
        'certificates:what expires, and when'
        'shares:where others share their sessions'
        'guests:who shares them now'
        'watch:notifications as they arrive'
        'kill:end a client'\''s session; it may return'
        'halt:end it, and tell the client to stay away'
        'hold:whether it waits at its next start'
        'release:let a daemon go on that waits'
        'verb:how much it logs, 0 to 15'
        'signal:SIGHUP, SIGTERM, SIGUSR1 or SIGUSR2'
        'answer:answer its question'
        'doctor:what is wrong with this machine, and what mends it'
    )
    for ((i = 2; i < CURRENT; i++)); do
        if [[ -n ${commands[(r)${words[i]}:*]} ]]; then
            place=$((i - 1))
            break
        fi
    done
    if ((place == 0)); then
        if [[ ${words[CURRENT]} == --* ]]; then
            compadd -- --json --csv --yes --help --version
        else
            _describe command commands
            _hosts
        fi
        return
    fi
    case ${words[place + 1]} in
    kill | halt | watch) ;;
    doctor) _files ;;
    hold) ((CURRENT == place + 3)) && compadd on off || _ovpnctl_daemons ;;
    signal) ((CURRENT == place + 3)) && compadd SIGHUP SIGTERM SIGUSR1 SIGUSR2 || _ovpnctl_daemons ;;
    *) _ovpnctl_daemons ;;
    esac
}

_ovpnctl "$@"
