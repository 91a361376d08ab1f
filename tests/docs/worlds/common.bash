# What the set-ups of all worlds may use, and hidden commands too. Sourced by the shell of a page.

# wait_for COMMAND…: until it succeeds, within some ten seconds.
wait_for() {
    local try
    for ((try = 0; try < 200; try++)); do
        ! "$@" >/dev/null 2>&1 || return 0
        sleep 0.05
    done
    echo "waited in vain for: $*"
    "$@"
}

# backend ADDRESS PORT: a web server, which answers 200, or what answer_with says. It is there when this returns.
backend() {
    mkdir -p "$HOME/backends"
    python3 "$REPOSITORY/tests/docs/worlds/backend.py" "$1" "$2" "$HOME/backends/$1" &
    wait_for curl --silent --output /dev/null "http://$1:$2/"
}

# answer_with STATUS ADDRESS: what a backend answers from now on.
answer_with() {
    echo "$1" >"$HOME/backends/$2"
}

# is_shown TEXT: whether `rhumb status` shows it.
is_shown() {
    rhumb status | grep --quiet --extended-regexp "$1"
}

# all_are_known: whether the server answers and every instance has been probed.
all_are_known() {
    local status
    status=$(rhumb status)
    [[ $status == service* && $status != *unknown* ]]
}
