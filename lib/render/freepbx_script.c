/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What runs on the guest: any POSIX shell since that of CentOS 5, one line, for an argument over SSH holds no line end.
 *
 * $1: look, apply or remove; $2: the era that is expected, not of look. stdin: vl_freepbx_look_sql(), and for a change
 * `-- change` and vl_freepbx_change_sql() after it. It prints `voiplab ERA DRIVER`, for a change `dump PATH`, the lines
 * of the look, and `end`; or `error WORD` (plan/database.c) and what the client or the reload said.
 *
 * The password is read where the guest keeps it and stands in a file that only its reader may open, never in an
 * argument. PHP is not run to read it: the three files are of one form each. HOME is elsewhere, or root's ~/.my.cnf
 * would be read last and win.
 *
 * A change that fails is undone: where the tables know transactions that is done already, else the dump is put back. It
 * is compared without the counters of AUTO_INCREMENT, which no rollback puts back. Whether the reload was one is seen
 * in the files that it makes, since its exit status says nothing.
 */
#include "render/freepbx.h"

#define SETUP                                                                                                          \
    "umask 077; PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/var/lib/asterisk/bin; LC_ALL=C; export PATH LC_ALL; "      \
    "d=$(mktemp -d /tmp/voiplab.XXXXXX) || exit 1; trap 'rm -rf \"$d\"' 0; trap 'exit 1' 1 2 13 15; "                  \
    "HOME=$d; export HOME; cat >\"$d/in\"; : >\"$d/err\"; "                                                            \
    "die() { echo \"error $1\"; tail -n 5 \"$d/err\"; exit 0; }; "

#define CREDENTIALS                                                                                                    \
    "php() { sed -n "                                                                                                  \
    "\"s/^[[:space:]]*[\\$]amp_conf\\[['\\\"]$2['\\\"]\\][[:space:]]*=[[:space:]]*\\(['\\\"]\\)\\(.*\\)"               \
    "\\1[[:space:]]*;.*/\\2/p\" \"$1\" | tail -n 1 | sed 's/\\\\\\([\\\\'\"'\"']\\)/\\1/g'; }; "                       \
    "get() { for f in /etc/freepbx.conf /etc/issabelpbx.conf; do "                                                     \
    "if [ -r $f ] && grep -q AMPDBUSER $f; then php $f $1; return 0; fi; done; "                                       \
    "[ ! -r /etc/amportal.conf ] || sed -n \"s/^[[:space:]]*$1=//p\" /etc/amportal.conf | tail -n 1; }; "              \
    "put() { v=$(get $2); [ -z \"$v\" ] || printf '%s=\"%s\"\\n' $1 \"$(printf '%s' \"$v\" | sed "                     \
    "'s/\\\\/\\\\\\\\/g')\"; }; "                                                                                      \
    "[ -n \"$(get AMPDBUSER)\" ] || die no-configuration; "                                                            \
    "{ echo '[client]'; put user AMPDBUSER; put password AMPDBPASS; put host AMPDBHOST; put port AMPDBPORT; "          \
    "put socket AMPDBSOCK; } >\"$d/my.cnf\"; b=$(get AMPDBNAME); b=${b:-asterisk}; "                                   \
    "find() { for n in \"$@\"; do if command -v $n >/dev/null 2>&1; then echo $n; return 0; fi; done; }; "             \
    "c=$(find mysql mariadb); u=$(find mysqldump mariadb-dump); "                                                      \
    "[ -n \"$c\" ] && [ -n \"$u\" ] || die no-client; "                                                                \
    "q() { $c --defaults-extra-file=\"$d/my.cnf\" --batch --skip-column-names --default-character-set=utf8 \"$b\" "    \
    "2>\"$d/err\"; }; "

/* Which tables and columns are there says which era it is. */
#define ERA                                                                                                            \
    "facts=$(echo \"SELECT CONCAT(LOWER(table_name), '.', LOWER(column_name)) FROM information_schema.columns WHERE "  \
    "table_schema = DATABASE() AND table_name IN ('trunks', 'trunk_dialpatterns', 'trunks_dialpatterns', 'sip', "      \
    "'iax', 'pjsip', 'extensions', 'outbound_routes', 'outbound_route_patterns', 'outbound_route_sequence', "          \
    "'outbound_route_trunks', 'outbound_route_email', 'users', 'devices', 'admin', 'voiplab_owned')\" | q) || "        \
    "die no-database; "                                                                                                \
    "has() { printf '%s\\n' \"$facts\" | grep -qx \"$1\"; }; "                                                         \
    "need() { for n in \"$@\"; do has $n || die unknown; done; }; "                                                    \
    "has trunks.trunkid || die unknown; need sip.flags iax.flags users.extension devices.id admin.variable; "          \
    "if ! has outbound_routes.route_id; then e=2.6; need extensions.descr trunks_dialpatterns.trunkid; "               \
    "else e=2.8; need trunk_dialpatterns.trunkid outbound_route_trunks.seq outbound_route_sequence.seq "               \
    "outbound_route_patterns.match_cid; if has trunks.continue; then e=2.11; "                                         \
    "if has outbound_route_email.route_id && has pjsip.keyword; then e=12; fi; fi; fi; "                               \
    "s=sip; if [ $e = 12 ]; then case $(asterisk -rx 'module show like chan_sip.so' 2>/dev/null </dev/null) in "       \
    "*chan_sip.so*) ;; *[0-9]' modules loaded'*) s=pjsip ;; esac; fi; "                                                \
    "o=; if has voiplab_owned.kind; then o=1; fi; "

/* Bytes, not characters: they compare with a column of any collation. Where the table is not there the look makes one
 * for itself, which ends with the session. */
#define LOOK                                                                                                           \
    "owned='TABLE voiplab_owned (kind VARBINARY(20) NOT NULL, id INT NOT NULL, name VARBINARY(190) NOT NULL, "         \
    "PRIMARY KEY (kind, id, name));'; "                                                                                \
    "look() { { [ -n \"$o\" ] || echo \"CREATE TEMPORARY $owned\"; sed -n \"/^-- era $e\\$/,/^-- end\\$/p\" "          \
    "\"$d/in\"; } "                                                                                                    \
    "| q; }; "                                                                                                         \
    "show() { look >\"$d/look\" || die look; echo \"voiplab $e $s\"; [ -z \"$1\" ] || echo \"dump $1\"; cat "          \
    "\"$d/look\"; echo end; }; "                                                                                       \
    "if [ \"$1\" = look ]; then show ''; exit 0; fi; "                                                                 \
    "[ \"$2\" = $e ] || die changed; "

#define DUMP                                                                                                           \
    "t=$(printf '%s\\n' \"$facts\" | sed 's/[.].*//' | sort -u); "                                                     \
    "dump() { $u --defaults-extra-file=\"$d/my.cnf\" --skip-comments --order-by-primary --default-character-set=utf8 " \
    "\"$b\" $t >\"$1\" 2>\"$d/err\"; }; "                                                                              \
    "plain() { sed 's/ AUTO_INCREMENT=[0-9]*//' \"$1\"; }; "                                                           \
    "w=/var/backups/voiplab; k=before-; [ -z \"$o\" ] || k=; "                                                         \
    "p=$w/freepbx-$k$(date +%Y%m%d-%H%M%S)-$$.sql; "                                                                   \
    "mkdir -p $w 2>\"$d/err\" && chmod 0700 $w && dump \"$p.part\" && mv \"$p.part\" \"$p\" || "                       \
    "{ rm -f \"$p.part\"; die dump; }; "                                                                               \
    "ls -t $w/freepbx-[0-9]*.sql 2>/dev/null | sed '1,10d' | while read -r n; do rm -f \"$n\"; done; "                 \
    "same() { dump \"$d/now\" && plain \"$d/now\" >\"$d/1\" && plain \"$p\" >\"$d/2\" && cmp -s \"$d/1\" \"$d/2\"; "   \
    "}; "                                                                                                              \
    "undo() { cp \"$d/err\" \"$d/why\"; [ \"$k\" != before- ] || echo 'DROP TABLE IF EXISTS voiplab_owned;' | q; "     \
    "same || $c --defaults-extra-file=\"$d/my.cnf\" --default-character-set=utf8 \"$b\" <\"$p\" 2>\"$d/err\"; "        \
    "same || { echo 'error lost'; echo \"$p\"; tail -n 3 \"$d/why\"; exit 0; }; mv \"$d/why\" \"$d/err\"; }; "

#define TRANSACTION                                                                                                    \
    "trunks() { echo \"SELECT CONCAT(trunks.tech, ' ', trunks.channelid) FROM trunks JOIN voiplab_owned ON kind = "    \
    "'trunk' AND id = trunkid AND voiplab_owned.name = channelid\" | q; }; "                                           \
    "numbers() { echo \"SELECT name FROM voiplab_owned WHERE kind = 'extension'\" | q; }; "                            \
    "[ -n \"$o\" ] || echo \"CREATE $owned\" | q || { undo; die sql; }; o=1; "                                         \
    "trunks >\"$d/old\"; old=$(numbers); "                                                                             \
    "sed -n '/^-- change$/,$p' \"$d/in\" | q || { undo; die sql; }; "                                                  \
    "trunks >\"$d/new\"; new=$(numbers); "

/* Asterisk's own data base, where the dialplan of the page looks for extensions: the page writes it when one is made.
 */
#define EXTENSIONS                                                                                                     \
    "ast() { asterisk -rx \"database $*\" </dev/null >/dev/null 2>&1; }; "                                             \
    "digits() { case $1 in '' | *[!0-9]*) return 1 ;; esac; }; "                                                       \
    "drop() { ast deltree AMPUSER $1; ast deltree DEVICE $1; ast del CW $1; }; "                                       \
    "add() { while read -r id dial tech name; do digits $id || continue; for n in device:$id cidname:$name "           \
    "cidnum:$id "                                                                                                      \
    "voicemail:novm ringtimer:0 cfringtimer:0 concurrency_limit:0 answermode:disabled; do "                            \
    "ast put AMPUSER $id/${n%%:*} \"${n#*:}\"; done; ast put DEVICE $id/dial $dial; ast put DEVICE $id/tech $tech; "   \
    "ast put DEVICE $id/type fixed; ast put DEVICE $id/user $id; ast put DEVICE $id/default_user $id; "                \
    "ast put CW $id ENABLED; done; }; "                                                                                \
    "for n in $old; do digits \"$n\" || continue; case \" $(echo $new) \" in *\" $n \"*) ;; *) drop $n ;; esac; "      \
    "done; "                                                                                                           \
    "echo \"SELECT devices.id, devices.dial, devices.tech, devices.description FROM devices JOIN voiplab_owned ON "    \
    "kind = 'extension' AND devices.id = voiplab_owned.name\" | q | add; "

#define RELOAD                                                                                                         \
    "reload() { if command -v fwconsole >/dev/null 2>&1; then fwconsole reload; "                                      \
    "elif command -v amportal >/dev/null 2>&1; then amportal a r; else echo 'neither fwconsole nor amportal is "       \
    "there'; "                                                                                                         \
    "fi </dev/null >\"$d/err\" 2>&1; }; "                                                                              \
    "file() { case $1 in sip) echo /etc/asterisk/sip_additional.conf ;; iax*) echo /etc/asterisk/iax_additional.conf " \
    ";; "                                                                                                              \
    "pjsip) echo /etc/asterisk/pjsip.endpoint.conf ;; esac; }; "                                                       \
    "right() { while read -r tech name; do f=$(file \"$tech\"); [ -e \"${f:-/}\" ] && [ -n \"$f\" ] || continue; "     \
    "grep -qxF \"[$name]\" \"$f\" || return 1; done <\"$d/new\"; while read -r tech name; do f=$(file \"$tech\"); "    \
    "[ -n \"$f\" ] && [ -e \"$f\" ] || continue; if ! grep -qxF \"$tech $name\" \"$d/new\" && "                        \
    "grep -qxF \"[$name]\" \"$f\"; then return 1; fi; done <\"$d/old\"; }; "                                           \
    "reload; right || { undo; cp \"$d/err\" \"$d/why\"; for n in $new; do digits \"$n\" || continue; "                 \
    "case \" $(echo $old) \" in *\" $n \"*) ;; *) drop $n ;; esac; done; reload; mv \"$d/why\" \"$d/err\"; die "       \
    "reload; }; "                                                                                                      \
    "if [ \"$1\" = remove ]; then echo 'DROP TABLE voiplab_owned;' | q; o=; "                                          \
    "else echo \"DELETE FROM voiplab_owned WHERE kind = 'reload'\" | q; fi || die look; show \"$p\""

const char vl_freepbx_script[] = SETUP CREDENTIALS ERA LOOK DUMP TRANSACTION EXTENSIONS RELOAD;
