# What zsh offers for the last word of a line, a word a line: the line is typed into a zsh of its own, and TAB pressed.
# Usage: zsh -f completion.zsh DIRECTORY SCRIPT LINE ...: what is offered for the n-th line is in DIRECTORY/offered.n
directory=$1 script=$2
shift 2
zmodload zsh/zpty
zmodload zsh/zselect

# The inner shell notes what is added to the list of completions, and then that TAB is through.
cat >$directory/setup.zsh <<END
PS1= PS2= RPS1=
autoload -Uz compinit
compinit -u -D
source ${(q)script}
compadd() {
    local -a hits
    if [[ " \$* " == *' -'[OAD]' '* ]]; then
        builtin compadd "\$@"
        return
    fi
    builtin compadd -A hits "\$@"
    (( ! \$#hits )) || print -rl -- \$hits >>${(q)directory}/hits
    builtin compadd "\$@"
}
press() {
    : >${(q)directory}/hits
    zle complete-word
    BUFFER=
    mv ${(q)directory}/hits ${(q)directory}/through
}
zle -N press
bindkey '^I' press
: >${(q)directory}/ready
END

# await FILE: 20 seconds are long
await() {
    local output
    repeat 2000; do
        zpty -r -t inner output || :
        [[ ! -e $1 ]] || return 0
        zselect -t 1
    done
    print -u2 "zsh does not answer: $2"
    exit 1
}

zpty inner zsh -f -i
zpty -w inner "source ${(q)directory}/setup.zsh"
await $directory/ready 'at its start'
count=0
for line; do
    zpty -w -n inner "$line"$'\t'
    await $directory/through $line
    mv $directory/through $directory/offered.$((++count))
done
zpty -d inner
