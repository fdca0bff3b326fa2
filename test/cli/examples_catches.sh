#!/bin/bash
# examples.sh runs what a page shows, and sees when it is not so.
# shellcheck source=test/cli/support.sh
. "${SOURCE:?}/test/cli/support.sh"

# page: standard input as the EXAMPLES of a page.
page() {
    { printf '.Sh NAME\n.Dl $ false\n.Sh EXAMPLES\n' && cat && printf '.Sh SEE ALSO\n.Dl $ false\n'; } >page.1
    status=0
    bash "$SOURCE/test/cli/examples.sh" "$work/page.1" >out 2>err || status=$?
}

CI='' page <<'EOF'
Some words, which are no command:
.Dl words
.Dl voiplab --version
.\" examples: status 3
.Dl $ exit 3
.\" examples: setup echo one >made
.\" examples: setup echo two >>made
.Bd -literal -offset indent
$ cat made; echo \(dqa  b\(dq \-x >&2
one
two
a b -x
$ seq 1 9
1
\&...
8
9
$ echo the name is \e
    long
the ... long
$ true
.Ed
.\" examples: need no-such-tool
.Dl $ false
.\" examples: skip it would fail
.Dl $ false
EOF
expect_status 0 'a page that is right'
expect out 'status 0: voiplab --version' 'a page that is right'
expect out 'status 3: exit 3' 'a page that is right'
expect out 'left out: false (no-such-tool is not installed)' 'a page that is right'
expect out 'left out: false (it would fail)' 'a page that is right'

# wrong WHAT: the page of standard input is refused.
wrong() {
    page
    [ "$status" -eq 1 ] || fail "$1 is not seen: $(cat out err)"
}

wrong 'an exit status' <<'EOF'
.Dl $ exit 4
EOF
wrong 'an exit status other than the one stated' <<'EOF'
.\" examples: status 1
.Dl $ true
EOF
wrong 'other output' <<'EOF'
.Bd -literal
$ echo one
two
.Ed
EOF
wrong 'output that is missing' <<'EOF'
.Bd -literal
$ echo one
one
two
.Ed
EOF
wrong 'output that is too much' <<'EOF'
.Bd -literal
$ seq 1 2
1
.Ed
EOF
wrong 'a part that is not there' <<'EOF'
.Bd -literal
$ echo one two
one ... three
.Ed
EOF
wrong 'a setup that fails' <<'EOF'
.\" examples: setup false
.Dl $ true
EOF
wrong 'a comment that is misspelled' <<'EOF'
.\" examples: stauts 1
.Dl $ true
EOF
wrong 'a page without commands' <<'EOF'
.Dl words
EOF
finish
