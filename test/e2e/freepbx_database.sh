#!/bin/bash
# [pbx] freepbx = database: a guest with tables of FreePBX, of each era in turn, in a MariaDB of its own. Trunks, routes
# and extensions become rows, calls go over them, a second run finds nothing to do, a failure changes nothing, and
# `trunk remove` leaves the tables as they were.
#
# ctest: FIXTURES_REQUIRED tree TIMEOUT 900 COST 160
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/e2e/lib.sh
. "$here/lib.sh"
# shellcheck source=test/e2e/fixture.sh
. "$here/fixture.sh"

requires mariadbd mariadb mariadb-dump mariadb-install-db ldd
begin --guests 3
# shellcheck disable=SC2034 # for all_registered
guests="pbx1 pbx2"

# --- the guest: the client and the server of this host with their libraries, and what makes files of the tables ------

# carry PROGRAM...: with the libraries that it needs, so that it runs in a tree of another release
carry() {
    local program library
    mkdir -p "$work/db/lib" "$work/db/bin"
    for program in "$@"; do
        cp -L "$(command -v "$program")" "$work/db/bin/$program"
        while read -r library; do cp -Ln "$library" "$work/db/lib/" 2>/dev/null || :; done \
            < <(ldd "$(command -v "$program")" | grep -o '/[^ ]*')
    done
}

# wrapper NAME PROGRAM: NAME on the PATH of the guest
wrapper() {
    printf '#!/bin/sh\nexec /opt/db/lib/ld-linux-x86-64.so.2 --library-path /opt/db/lib /opt/db/bin/%s "$@"\n' "$2" |
        on pbx1 sh -c "cat >/usr/local/bin/$1 && chmod 0755 /usr/local/bin/$1"
}

install_database() {
    carry mariadbd mariadb mariadb-dump
    cp -r /usr/share/mysql "$work/db/share"
    mariadb-install-db --no-defaults --datadir="$work/db/data" --auth-root-authentication-method=normal \
        --skip-test-db --user=root >"$work/install.log" 2>&1 || fail "no data base: $(tail -n 5 "$work/install.log")"
    tar -C "$work" -c db | on pbx1 tar -C /opt -x --no-same-owner
    wrapper mysql mariadb
    wrapper mysqldump mariadb-dump
    wrapper mariadbd mariadbd
    on pbx1 sh -c 'cat >/usr/local/sbin/amportal && chmod 0755 /usr/local/sbin/amportal' <"$here/freepbx/amportal"
}

# The server's process is one of the guest's, and ends with it.
start_database() {
    on pbx1 sh -c 'exec mariadbd --no-defaults --user=root --datadir=/opt/db/data --lc-messages-dir=/opt/db/share \
        --character-sets-dir=/opt/db/share/charsets --plugin-dir=/opt/db/lib --skip-networking --socket=/run/db.sock \
        --innodb-buffer-pool-size=16M --innodb-flush-log-at-trx-commit=0 --skip-innodb-doublewrite --skip-log-bin </dev/null >/var/log/db.log 2>&1 &'
    retry 60 sql "SELECT 1" mysql >/dev/null || fail "the data base does not start: $(on pbx1 tail /var/log/db.log)"
}

sql() { on pbx1 mysql --batch --skip-column-names --socket=/run/db.sock -u root "${2-asterisk}" -e "$1" 2>"$work/sql.err"; }
# The main files as those systems have them.
write_asterisk() {
    # shellcheck disable=SC2016 # for the shell over there
    on pbx1 sh -c 'cd /etc/asterisk && for f in sip_registrations sip_additional iax_additional extensions_additional \
        extensions_custom; do : >$f.conf; done
        printf "[general]\nallowguest=no\nregistertimeout=5\n#include sip_registrations.conf\n#include sip_additional.conf\n" >sip.conf
        printf "[general]\ncalltokenoptional=0.0.0.0/0.0.0.0\n#include iax_additional.conf\n" >iax.conf
        printf "[general]\n[from-internal]\ninclude => from-internal-custom\ninclude => ext-local\ninclude => outbound-allroutes\n[from-trunk]\ninclude => from-pstn\n[from-pstn]\ninclude => from-pstn-custom\ninclude => ext-local\n#include extensions_additional.conf\n#include extensions_custom.conf\n" >extensions.conf'
}

# The three ways in which those systems keep the password; this one is made to need its quotes.
password="o'1#2\"x"
write_credentials() {
    on pbx1 rm -f /etc/freepbx.conf /etc/issabelpbx.conf /etc/amportal.conf
    case $1 in
    2.7 | 2.10) printf '# of Elastix\nAMPDBUSER=asteriskuser\nAMPDBPASS=%s\nAMPDBHOST=localhost\nAMPDBSOCK=/run/db.sock\n' \
        "$password" | on pbx1 sh -c 'cat >/etc/amportal.conf' ;;
    2.11) credentials_php | on pbx1 sh -c 'cat >/etc/issabelpbx.conf' ;;
    *) credentials_php | on pbx1 sh -c 'cat >/etc/freepbx.conf' ;;
    esac
}
credentials_php() {
    cat <<'END'
<?php
$amp_conf['AMPDBUSER'] = 'asteriskuser';
$amp_conf['AMPDBPASS']	= 'o\'1#2"x';
$amp_conf["AMPDBHOST"] = "localhost";
$amp_conf['AMPDBNAME'] = 'asterisk';
$amp_conf['AMPDBSOCK'] = '/run/db.sock'; // a comment
require_once('/var/www/html/admin/bootstrap.php');
END
}

# load ERA: the tables of an era with somebody else's rows, and no trace of an earlier one
load() {
    sql "DROP DATABASE IF EXISTS asterisk; CREATE DATABASE asterisk; GRANT ALL ON asterisk.* TO asteriskuser@localhost
        IDENTIFIED BY 'o\'1#2\"x'" mysql || fail "no data base: $(cat "$work/sql.err")"
    "$here/freepbx/schema" "$1" | on pbx1 mysql --socket=/run/db.sock -u root asterisk
    write_credentials "$1"
    on pbx1 amportal a r >/dev/null
}

# tables FILE: all of them as statements, sorted, for users and devices have no key that would order their rows; the
# counters of AUTO_INCREMENT, which only grow, are left out
tables() {
    on pbx1 mysqldump --socket=/run/db.sock -u root --skip-comments --order-by-primary --skip-extended-insert asterisk |
        sed 's/ AUTO_INCREMENT=[0-9]*//' | LC_ALL=C sort >"$1"
}

# answers WANTED QUERY: what the tables say, the lines with `;` between them
answers() {
    local got
    got=$(sql "$2" | tr '\t' ' ' | tr '\n' ';')
    [ "$got" = "$1" ] || fail "$2
    says '$got', wanted '$1' $(cat "$work/sql.err")"
}

# --- what is looked at ------------------------------------------------------------------------------------------------

rows_of_trunks() {
    answers "2 DAHDI SIP sip hub ;4 Pbx2 iax2 1000 2000;" \
        "SELECT trunkid, name, tech, channelid, usercontext FROM trunks WHERE trunkid NOT IN (1, 3) ORDER BY 1"
    answers "account hub 2;host $BED_HUB 3;username 7001 4;" \
        "SELECT keyword, data, flags FROM sip WHERE id = 'tr-peer-2' AND flags < 5 ORDER BY flags"
    answers "7001:@$BED_HUB/7001 0;" \
        "SELECT CONCAT(SUBSTRING_INDEX(data, ':', 1), ':@', SUBSTRING_INDEX(data, '@', -1)), flags FROM sip WHERE id = 'tr-reg-2'"
    answers "account 1000 2;host $BED_PBX2 3;username 1000 4;" \
        "SELECT keyword, data, flags FROM iax WHERE id = 'tr-peer-4' AND flags < 5 ORDER BY flags"
    answers "2000;from-trunk;$BED_PBX2/255.255.255.255;user;" \
        "SELECT data FROM iax WHERE id = 'tr-user-4' AND keyword IN ('account', 'context', 'permit', 'type') ORDER BY keyword"
}

rows_of_pjsip() {
    answers "2 DAHDI SIP pjsip hub;4 Pbx2 iax2 1000;" \
        "SELECT trunkid, name, tech, channelid FROM trunks WHERE trunkid NOT IN (1, 3) ORDER BY 1"
    answers "send;$BED_HUB;hub;7001;" "SELECT data FROM pjsip WHERE id = '2' AND keyword IN ('registration', 'sip_server', \
        'trunk_name', 'username') ORDER BY keyword"
    answers "0;" "SELECT COUNT(*) FROM sip WHERE id LIKE 'tr-%'"
}

rows_of_routes() {
    if [ "$1" = 2.7 ]; then
        answers "1 Macro dialout-trunk,4,\${EXTEN},;2 Macro dialout-trunk,2,\${EXTEN},;3 Macro outisbusy;" \
            "SELECT priority, application, args FROM extensions WHERE context LIKE 'outrt-___-pbx2' AND extension = '_2XXX'"
        answers "EMERGENCYROUTE=YES;" "SELECT DISTINCT args FROM extensions WHERE context = 'outrt-002-emergencia' \
            AND application = 'SetVar'"
        answers "outrt-001-nine;outrt-002-emergencia;outrt-003-pbx2;outrt-004-hub;" "SELECT application FROM extensions \
            WHERE context = 'outbound-allroutes' AND application < 'outrt-005' ORDER BY application"
        return
    fi
    answers "1 emergencia YES 2;3 pbx2  3;4 hub  4;" "SELECT r.route_id, name, emergency_route, seq FROM outbound_routes r \
        JOIN outbound_route_sequence s ON s.route_id = r.route_id WHERE r.route_id IN (1, 3, 4) ORDER BY seq"
    answers "2XXX;" "SELECT match_pattern_pass FROM outbound_route_patterns WHERE route_id = 3"
    answers "4 0;2 1;" "SELECT trunk_id, seq FROM outbound_route_trunks WHERE route_id = 3 ORDER BY seq"
    answers "7002;" "SELECT match_pattern_pass FROM outbound_route_patterns WHERE route_id = 4"
}

# calls FROM WHOM CHANNEL: the call is answered, over that channel
calls() {
    cli "$1" "channel originate $2 application Wait 8" >/dev/null
    retry 8 is_up "$1" "$3" || fail "the call from $1 to $2 over $3 is not answered:
$(cli "$1" 'core show channels concise')"
    cli "$1" 'channel request hangup all' >/dev/null
}
# shellcheck disable=SC2317
is_up() { cli "$1" 'core show channels concise' | grep -q "^$2.*!Up!"; }

there_and_back() {
    checks "$1: rows as a person would have made them, and the tables kept first"
    voiplab trunk --dry-run pbx1
    ends 0 "trunk --dry-run"
    said '+trunk hub: sip "DAHDI SIP", user "", cid off'
    not_said "$(grep '^sip/7001 = ' "$work/state/bed/secrets" | cut -d' ' -f3)"
    tables "$work/after"
    same "$work/before" "$work/after" "a dry run changed the tables"
    voiplab trunk
    ends 0 "trunk"
    said "the tables as they were are in /var/backups/voiplab/freepbx-before-"
    [ "$(on pbx1 sh -c 'stat -c %a /var/backups/voiplab/freepbx-before-*.sql' | sort -u)" = 600 ] || fail "who may read the dump?"
    rows_of_trunks
    rows_of_routes "$1"
    rows_of_extensions
    tables "$work/with"
    others_are_there

    checks "$1: the trunks live: registered, reached, called over"
    all_registered_here
    voiplab dialplan hub
    ends 0 "dialplan hub"
    calls pbx1 Local/2999@from-internal/n IAX2/1000-
    calls pbx2 Local/1999@from-internal/n IAX2/2000-
    calls hub SIP/7001/1999 SIP/7001-
    calls pbx1 Local/7002@from-internal/n SIP/hub-

    checks "$1: a second run finds nothing to do"
    voiplab trunk
    ends 0 "trunk, once more"
    said "nothing to do"
    tables "$work/after"
    same "$work/with" "$work/after" "a second run changed the tables"

    checks "$1: a reload that a run which was cut off still owes is made up for"
    sql "INSERT INTO voiplab_owned VALUES ('reload', 0, '')"
    voiplab trunk --check pbx1
    ends 5 "trunk --check with a reload owed"
    on pbx1 sh -c ': >/etc/asterisk/iax_additional.conf'
    voiplab trunk
    ends 0 "trunk with a reload owed"
    on pbx1 grep -qxF '[1000]' /etc/asterisk/iax_additional.conf || fail "nothing was reloaded"
    tables "$work/after"
    same "$work/with" "$work/after" "the note of a reload stays"

    checks "$1: what somebody changes in our rows is seen and put right, under the same numbers"
    sql "UPDATE iax SET data = 'a\nend\nx''y\\\\\"' WHERE id = 'tr-peer-4' AND keyword = 'host'; \
        DELETE FROM sip WHERE id = 'tr-reg-2'; DELETE FROM devices WHERE id = '1501'"
    voiplab trunk --check pbx1
    ends 5 "trunk --check"
    said 'host=a\nend\nx'"'"'y'
    voiplab trunk
    ends 0 "trunk, after a change by hand"
    tables "$work/after"
    same "$work/with" "$work/after" "the tables are not put right"

    checks "$1: another PBX in the lab changes only what is ours"
    lab=$work/more.ini
    voiplab trunk pbx1
    ends 0 "trunk with another PBX"
    answers "Pbx3 iax2 1001 3000;" "SELECT name, tech, channelid, usercontext FROM trunks WHERE channelid = '1001'"
    others_are_there
    tables "$work/after"
    [ "$(diff "$work/with" "$work/after" | grep -c '^<')" -eq 0 ] || fail "rows changed that had no reason to:
$(diff "$work/with" "$work/after" | grep '^<')"
    lab=$BED_LAB
    voiplab trunk
    ends 0 "trunk, with the PBX gone again"
    tables "$work/after"
    same "$work/with" "$work/after" "the tables are not what they were without the other PBX"
}

# The rows of the others are all still there, each once.
others_are_there() {
    tables "$work/now"
    gone=$(LC_ALL=C comm -23 <(grep '^INSERT' "$work/before" | grep -v "INTO .admin.") <(grep '^INSERT' "$work/now"))
    [ -z "$gone" ] || fail "rows of somebody else are gone: $gone"
}

all_registered_here() {
    is_registered pbx1 || fail "pbx1 is not registered: $(cli pbx1 'sip show registry')"
    cli pbx1 'iax2 show peers' | grep -q '^1000.* OK (' || fail "pbx1: $(cli pbx1 'iax2 show peers')"
}

rows_of_extensions() {
    answers "1500 SIPPBX1 SIP/1500 fixed 1500;1501 SIPPBX1 SIP/1501 fixed 1501;" "SELECT u.extension, u.name, d.dial, \
        d.devicetype, d.user FROM users u JOIN devices d ON d.id = u.extension WHERE u.extension <> '88' ORDER BY 1"
    [ "$(cli pbx1 'database get DEVICE 1500/dial' | tail -n 1)" = "Value: SIP/1500" ] || fail "Asterisk does not know 1500"
}

failures_change_nothing() {
    checks "$1: what is in the way is said before anything changes"
    sql "INSERT INTO users (extension, name) VALUES ('1500', 'mine')"
    tables "$work/blocked"
    voiplab trunk pbx1
    ends 1 "trunk with an extension in the way"
    said "there is an extension '1500' already that is not ours"
    tables "$work/after"
    same "$work/blocked" "$work/after" "a clash changed the tables"
    sql "DELETE FROM users WHERE extension = '1500'"

    checks "$1: an error in the middle changes nothing"
    sql "ALTER TABLE devices ADD COLUMN odd INT NOT NULL DEFAULT 0, ADD UNIQUE KEY odd (odd)"
    tables "$work/odd"
    voiplab trunk pbx1
    ends 1 "trunk with an error in the middle"
    said "did not take the change of its data base, so nothing was changed"
    tables "$work/after"
    same "$work/odd" "$work/after" "half of a change is left"
    sql "ALTER TABLE devices DROP COLUMN odd"
    tables "$work/after"
    same "$work/before" "$work/after" "the test did not put its own change back"

    checks "$1: a reload that makes no files is no success, though it ends with 0"
    on pbx1 sh -c ': >/etc/broken-reload'
    voiplab trunk pbx1
    on pbx1 rm /etc/broken-reload
    ends 1 "trunk with a reload that does nothing"
    said "made no configuration of its data base, which is as it was again"
    tables "$work/after"
    same_but_admin "$work/before" "$work/after" "a failed reload left rows"
    [ "$(cli pbx1 'database get DEVICE 1500/dial' | grep -c Value)" -eq 0 ] || fail "a failed reload left an extension"
}

# need_reload says whether somebody should reload, which is true until somebody does
same_but_admin() { same <(grep -v "INTO .admin." "$1") <(grep -v "INTO .admin." "$2") "$3"; }

goes_again() {
    checks "$1: a trunk that somebody else's route uses does not go"
    if [ "$1" = 2.7 ]; then
        sql "INSERT INTO extensions VALUES ('outrt-099-own', '_8.', '1', 'Macro', 'dialout-trunk,2,\${EXTEN},', NULL, 0)"
    else
        sql "INSERT INTO outbound_route_trunks VALUES (2, 2, 7)"
    fi
    voiplab trunk remove
    ends 4 "trunk remove with a route in the way"
    said "an outbound route that is not ours uses a trunk of ours that would go"
    if [ "$1" = 2.7 ]; then
        sql "DELETE FROM extensions WHERE context = 'outrt-099-own'"
    else
        sql "DELETE FROM outbound_route_trunks WHERE route_id = 2 AND trunk_id = 2"
    fi

    checks "$1: trunk remove leaves the tables as they were"
    voiplab trunk remove
    ends 0 "trunk remove"
    tables "$work/after"
    same "$work/before" "$work/after" "trunk remove did not leave the tables as they were"
    [ "$(cli pbx1 'database get DEVICE 1500/dial' | grep -c Value)" -eq 0 ] || fail "an extension is left in Asterisk"
    cli pbx1 'sip show registry' | grep -q '^0 SIP registrations' || fail "pbx1 still registers"
    voiplab trunk remove
    ends 0 "trunk remove, once more"
    said "nothing to do"
}

checks "a guest without a data base says what it lacks"
sed 's/^\[pbx pbx1\]/&\nfreepbx = database/' "$BED_LAB" >"$work/more.ini"
sed '/^\[pbx pbx3\]/,$d' "$work/more.ini" >"$BED_LAB"
voiplab trunk pbx1
ends 1 "trunk without a data base"
said "has no data base of FreePBX, Elastix or Issabel"

install_database
start_database
write_asterisk
cli pbx1 'core reload' >/dev/null
for era in 2.7 2.10 2.11 17; do
    load "$era"
    tables "$work/before"
    # what is in the way, or fails, is between the tables and us: the oldest and the newest tell
    case $era in
    2.7 | 17) failures_change_nothing "$era" ;;
    *) ! full || failures_change_nothing "$era" ;;
    esac
    there_and_back "$era"
    goes_again "$era"
done

checks "17 without chan_sip: the hub and the telephones by PJSIP"
# shellcheck disable=SC2016 # for the shell over there
on pbx1 sh -c 'mv /usr/sbin/asterisk /usr/sbin/asterisk.real; printf "%s\n" "#!/bin/sh" \
    "case \$2 in \"module show like chan_sip.so\") echo \"0 modules loaded\" ;; *) exec /usr/sbin/asterisk.real \"\$@\" ;; esac" \
    >/usr/sbin/asterisk; chmod 0755 /usr/sbin/asterisk'
voiplab trunk pbx1 # its Asterisk has no PJSIP, so nobody registers: the rows are what is looked at
rows_of_pjsip
answers "PJSIP/1500;" "SELECT dial FROM devices WHERE id = '1500'"
voiplab trunk --check pbx1
ends 0 "trunk --check by PJSIP"
voiplab trunk remove pbx1
ends 0 "trunk remove by PJSIP"
tables "$work/after"
same "$work/before" "$work/after" "trunk remove did not leave the tables as they were (PJSIP)"
on pbx1 mv /usr/sbin/asterisk.real /usr/sbin/asterisk
[ "$(on pbx1 sh -c 'ls /tmp | grep -c voiplab' || :)" -eq 0 ] || fail "the scripts left something in /tmp"
echo "all as it should be"
