#!/usr/bin/env python3
"""usage: completion_test.py SHELL RHUMB: completes command lines in a real shell, and compares what it offers.

bash and zsh are driven over a terminal, as by a person who presses Tab; fish tells what it would offer. Ends with status
77, which ctest takes for skipped, where the shell is not installed."""
import os
import pathlib
import pty
import select
import shutil
import subprocess
import sys
import tempfile
import time

SKIPPED = 77
PATIENCE_S = 60  # of a machine that is busy; nothing waits for it when all is well

CONFIG = """
// a comment
{"zones": "zones",
 "regions": {"us-east": {}, "eu-west": {}},
 "checks": {"web": {}, "reports": {}},
 "services": {
   "www.example.com": {"instances": [{"region": "us-east", "address": "192.0.2.10"},
                                     {"region": "us-east", "address": "2001:db8::10"}]},
   "api.example.com": {"instances": [{"region": "eu-west", "target": "api.example.net"}]}}}
"""

# What is typed, and what is offered for its last word.
CASES = [
    ("rhumb dr", ["drain"]),
    ("rhumb import ", ["gdnsd", "geodns", "route53"]),
    ("rhumb token ", ["admin", "operate", "read"]),
    ("rhumb force ", ["down", "up"]),
    ("rhumb force up ", ["eu-west", "us-east"]),
    ("rhumb drain eu", ["eu-west"]),
    ("rhumb drain eu-west --servi", ["--service"]),
    ("rhumb drain --reason \"new disks\" us", ["us-east"]),
    ("rhumb drain eu-west --service ", ["api.example.com", "www.example.com"]),
    ("rhumb drain eu-west --service=w", ["--service=www.example.com"]),
    ("rhumb drain us-east --service www.example.com --instance 2001:db8::1", ["2001:db8::10"]),
    ("rhumb report up us-east --check w", ["web"]),
    ("rhumb explain w", ["www.example.com"]),
    ("rhumb explain www.example.com 192.0.2.1 --type C", ["CAA", "CNAME"]),
    ("rhumb reload ", ["example.com"]),
    ("rhumb check --config rhu", ["rhumb.json"]),
    ("rhumb check --config=rhu", ["--config=rhumb.json"]),
    ("rhumb import gdnsd zo", ["zones/"]),
    ("rhumb drain --config other.json ", ["ap-south"]),
    ("rhumb drain --config broken.json --unt", ["--until"]),
]


class Terminal:
    """A shell on a terminal of its own. What it draws there is read and forgotten."""

    def __init__(self, words, environment):
        self.child, self.master = pty.fork()
        if self.child == 0:
            os.execvpe(words[0], words, environment)

    def type(self, text):
        os.write(self.master, text.encode())

    def wait_for(self, file):
        """The text of `file`, once it is there, without the line that ends it."""
        end = time.monotonic() + PATIENCE_S
        while not file.exists():
            if time.monotonic() > end:
                raise RuntimeError("the shell does not answer")
            if select.select([self.master], [], [], 0.02)[0]:
                os.read(self.master, 65536)
        text = file.read_text()
        file.unlink()
        return text.rstrip("\n")

    def close(self):
        os.kill(self.child, 9)
        os.waitpid(self.child, 0)
        os.close(self.master)


# Written aside and renamed, so that who waits for the file reads all of it.
BASH_SETUP = r"""
PS1=; set +o history
source /usr/share/bash-completion/bash_completion 2>/dev/null
source <(rhumb completion bash)
tell() { printf '%s\n' "$READLINE_LINE" >told.new; READLINE_LINE=; mv told.new told; }
bind '"\C-xi": insert-completions'
bind -x '"\C-xt": tell'
echo ready >told
"""

ZSH_SETUP = r"""
PS1=; unset HISTFILE; setopt no_beep
fpath=($PWD/functions $fpath)
autoload -Uz compinit; compinit -u -D
compadd() {
    local -a hits
    if [[ " ${@[1,(i)(-|--)]} " != *" -"[OAD]" "* ]]; then
        builtin compadd -A hits "$@"
        print -rl -- ${IPREFIX}${^hits} >>offered
    fi
    builtin compadd "$@"
}
tell() { touch offered; BUFFER=; mv offered told; }
zle -N tell
bindkey '^I' complete-word
bindkey '^Xt' tell
print ready >told
"""


def insert_words(terminal, told, line):
    """bash puts all candidates in place of the last word."""
    terminal.type(line + "\x18i\x18t")
    text = terminal.wait_for(told)
    return text[line.rfind(" ") + 1:].split()


def offer_words(terminal, told, line):
    terminal.type(line + "\t\x18t")
    return [word for word in terminal.wait_for(told).splitlines() if word]


def offered_on_terminal(words, setup, ask, directory, environment):
    told = directory / "told"
    (directory / "setup").write_text(setup)
    terminal = Terminal(words, environment)
    try:
        terminal.type(". ./setup\n")
        terminal.wait_for(told)
        return [ask(terminal, told, line) for line, _ in CASES]
    finally:
        terminal.close()


def offered_by_bash(directory, environment):
    words = ["bash", "--norc", "--noprofile", "-i"]
    return offered_on_terminal(words, BASH_SETUP, insert_words, directory, environment)


def offered_by_zsh(directory, environment):
    functions = directory / "functions"
    functions.mkdir()
    script = subprocess.run(["rhumb", "completion", "zsh"], env=environment, check=True, stdout=subprocess.PIPE).stdout
    (functions / "_rhumb").write_bytes(script)
    return offered_on_terminal(["zsh", "-f", "-i"], ZSH_SETUP, offer_words, directory, environment)


def offered_by_fish(_directory, environment):
    script = "rhumb completion fish | source; for line in $argv; complete -C $line; echo ----; end"
    lines = [line for line, _ in CASES]
    output = subprocess.run(["fish", "--no-config", "-c", script, *lines], env=environment, check=True,
                            stdout=subprocess.PIPE, text=True).stdout
    blocks = output.split("----\n")
    return [[line.split("\t")[0] for line in block.splitlines()] for block in blocks[:-1]]


def main():
    shell, rhumb = sys.argv[1:]
    if shutil.which(shell) is None:
        print(f"{shell} is not installed: how it completes is not tested")
        return SKIPPED
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        os.chdir(directory)
        environment = dict(os.environ, HOME=name, TERM="dumb", INPUTRC="/dev/null", LC_ALL="C.UTF-8",
                           PATH=f"{pathlib.Path(rhumb).parent}:{os.environ['PATH']}")
        pathlib.Path("zones").mkdir()
        pathlib.Path("zones/example.com.zone").touch()
        pathlib.Path("rhumb.json").write_text(CONFIG)
        pathlib.Path("other.json").write_text('{"regions": {"ap-south": {}}}')
        pathlib.Path("broken.json").write_text('{"regions": {"ap-south": ')
        offered = {"bash": offered_by_bash, "zsh": offered_by_zsh, "fish": offered_by_fish}[shell](directory, environment)
    wrong = 0
    for (line, expected), words in zip(CASES, offered, strict=True):
        words = sorted({word.rstrip("/") for word in words})
        if words != [word.rstrip("/") for word in expected]:
            wrong += 1
            print(f"{shell}: {line!r}: {words}, not {expected}")
    print(f"{shell}: {len(CASES) - wrong} of {len(CASES)} lines are completed as they should be")
    return 1 if wrong else 0


sys.exit(main())
