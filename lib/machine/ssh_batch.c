/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Several changes on a host over SSH in one round trip: files are written and removed, then Asterisk is told.
 *
 * First the new text of every file is made ready beside it: its owner, group and mode set, all on the disk. Until then
 * no file was touched, and whatever fails, or a connection that is cut, leaves the host as it was. Then each is renamed
 * into its place, in order: a file that another one includes is there before that one. Cut off in between, the host has
 * some old files and some new ones, each whole; the note of what is owed (plan/pending.h) has the next run finish.
 *
 * A process costs a guest a millisecond and six of them per file were most of a push, so what one can do for all files
 * is done once: their texts come as one stream, whose sum is looked at, and are cut out of it by dd(1) (head(1) of
 * busybox reads further than it was told to); owners are asked for, given, and modes and sizes seen, of all at once. A
 * mode comes from the umask under which a file is made, and is set only where that did not do.
 *
 * What is printed:
 *
 *   voiplab batch
 *   s                        per file that is in its place, or gone
 *   f ITEM STATUS TOUCHED    the item that failed (their number: none of them), with a status of ssh_file.c; TOUCHED is
 *                            1 when files were being put in place. The last line but one
 *   c STATUS LENGTH          per command, and that many bytes of answer (ssh_script.h)
 *   voiplab end
 */
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/text.h"
#include "machine/batch.h"
#include "machine/ssh_internal.h"
#include "machine/ssh_script.h"

enum { HEAD = 7, WORDS = 6, SPARE_MS = 30000 };

/* $1: the program of perl, $2: seconds for Asterisk's answers, $3: SHA-256 of stdin, or `-` when no file is written;
 * then six words per item: w PATH LENGTH MODE UMASK GROUP, r PATH, c COMMAND. Each pass takes an item off the front and
 * puts it back at the end. In the second the umask gives way to the owner and group, `.` for none in particular. */
static const char batch_script[] =
    "LC_ALL=C; export LC_ALL; umask 077; p=$1 t=$2 h=$3 v=0; shift 3; n=$(($#/6)); " VL_SSH_GROUP VL_SSH_ASKING
    "temp() { e=${1%/*}/.${1##*/}.voiplab; }; "
    "gone() { while [ $# != 0 ]; do if [ \"$1\" = w ]; then temp \"$2\"; rm -f \"$e\"; fi; shift 6; done; }; "
    "halt() { r=\"$1 $2\"; shift 2; gone \"$@\"; echo \"f $r $v\"; echo \"voiplab end\"; exit 0; }; "
    /* for all temporaries at once; $1 says what */
    "temps() { j=$1 r=$2; shift 2; q=$#; while [ $q -gt 0 ]; do k=$1 f=$2 s=$5; shift 6; q=$((q-6)); "
    "if [ \"$k\" = w ] && [ \"${r:-$s}\" = \"$s\" ]; then temp \"$f\"; set -- \"$@\" \"$e\"; fi; done; "
    "[ $# != 0 ] || return 0; case $j in look) w=$(stat -c %a:%s \"$@\");; "
    "give) chown -h \"$r\" \"$@\" || [ ! -O / ];; sync) sync \"$@\" 2>/dev/null || sync;; esac; }; "
    /* $l: y or n per file written, whether there is one; $w: owners of those, a blank behind each */
    "owners() { l=; q=$#; while [ $q -gt 0 ]; do k=$1 f=$2; shift 6; q=$((q-6)); [ \"$k\" = w ] || continue; "
    "if [ -e \"$f\" ]; then l=${l}y; set -- \"$@\" \"$f\"; else l=${l}n; fi; done; w=; [ $# != 0 ] || return 0; "
    "w=$(stat -L -c %u:%g \"$@\") && w=\"$(echo $w) \"; }; "
    "tell() { q=$#; while [ $q -gt 0 ]; do k=$1 f=$2; shift 6; q=$((q-6)); "
    "[ \"$k\" != c ] || set -- \"$@\" \"$f\"; done; ask \"$@\"; }; "
    "echo \"voiplab batch\"; trap 'gone \"$@\"; exit 82' 1 2 13 15; "
    "if [ \"$h\" != - ]; then y=$(mktemp -d /tmp/.voiplab.XXXXXX) || halt $n 76 \"$@\"; "
    "cat >\"$y/in\" && exec 3<\"$y/in\" || { rm -rf \"$y\"; halt $n 76 \"$@\"; }; "
    "if command -v sha256sum >/dev/null 2>&1; then s=$(sha256sum <\"$y/in\"); s=${s%% *}; "
    "else s=$(openssl dgst -sha256 <\"$y/in\"); s=${s##* }; fi; rm -rf \"$y\"; [ \"$s\" = \"$h\" ] || halt $n 77 "
    "\"$@\"; "
    "fi; owners \"$@\" || halt $n 78 \"$@\"; g=; i=0; while [ $i -lt $n ]; do s=$5; if [ \"$1\" = w ]; then temp "
    "\"$2\"; "
    "[ -d \"${2%/*}/\" ] || halt $i 73 \"$@\"; [ ! -d \"$2\" ] || halt $i 74 \"$@\"; "
    "if [ -e \"$e\" ] || [ -h \"$e\" ]; then rm -f \"$e\" || halt $i 75 \"$@\"; fi; "
    "(umask $5; set -C; if [ $3 = 0 ]; then : >\"$e\"; else exec dd bs=$3 count=1 <&3 >\"$e\" 2>/dev/null; fi) || "
    "halt $i 76 \"$@\"; k=${l%\"${l#?}\"}; l=${l#?}; s=:; if [ \"$k\" = y ]; then s=${w%% *}; w=${w#* }; fi; "
    "if [ -n \"$6\" ]; then if [ \"$6\" != \"$g\" ]; then g=$6; group \"$g\"; fi; [ -z \"$x\" ] || s=${s%%:*}:$x; fi; "
    "[ \"$s\" != : ] || s=.; fi; "
    "set -- \"$@\" \"$1\" \"$2\" \"$3\" \"$4\" \"$s\" \"$6\"; shift 6; i=$((i+1)); done; "
    "g=.; i=0; while [ $i -lt $n ]; do if [ \"$1\" = w ]; then s=$5; case \" $g \" in *\" $s \"*) ;; "
    "*) g=\"$g $s\"; temps give \"$s\" \"$@\" || halt $i 78 \"$@\";; esac; fi; "
    "set -- \"$@\" \"$1\" \"$2\" \"$3\" \"$4\" \"$5\" \"$6\"; shift 6; i=$((i+1)); done; "
    "w=; temps look \"\" \"$@\"; w=\"$(echo $w) \"; i=0; while [ $i -lt $n ]; do if [ \"$1\" = w ]; then "
    "s=${w%% *}; w=${w#* }; [ \"${s#*:}\" = $3 ] || halt $i 76 \"$@\"; if [ \"${s%:*}\" != $4 ]; then temp \"$2\"; "
    "chmod $4 \"$e\" || halt $i 80 \"$@\"; fi; fi; "
    "set -- \"$@\" \"$1\" \"$2\" \"$3\" \"$4\" \"$5\" \"$6\"; shift 6; i=$((i+1)); done; "
    "temps sync \"\" \"$@\"; v=1; i=0; while [ $i -lt $n ]; do case $1 in "
    "w) temp \"$2\"; mv -f \"$e\" \"$2\" || halt $i 81 \"$@\"; echo s;; r) rm -f \"$2\" || halt $i 83 \"$@\"; echo s;; "
    "esac; "
    "set -- \"$@\" \"$1\" \"$2\" \"$3\" \"$4\" \"$5\" \"$6\"; shift 6; i=$((i+1)); done; "
    "trap - 1 2 13 15; tell \"$@\"; echo \"voiplab end\"";

/* The words of one item, and its text behind those before it. */
static int add_item(struct vl_arena *arena, const struct vl_batch_item *item, const char **words, struct vl_buf *texts,
                    struct vl_error *err)
{
    static const char *const kinds[] = { [VL_BATCH_WRITE] = "w", [VL_BATCH_REMOVE] = "r", [VL_BATCH_COMMAND] = "c" };
    bool writes = item->kind == VL_BATCH_WRITE;
    unsigned mode = item->mode & 07777;

    if (item->kind != VL_BATCH_COMMAND && vl_ssh_check_path(item->object, err) < 0)
        return -1;
    if (writes && item->group && !vl_ssh_is_group(item->group))
        return vl_fail(err, VL_ERROR_FAILED, "'%s' is not the name of a group", item->group);
    if (writes)
        vl_buf_puts(texts, item->text);
    words[0] = kinds[item->kind];
    words[1] = item->object;
    words[2] = writes ? vl_arena_printf(arena, "%zu", strlen(item->text)) : "0";
    words[3] = writes ? vl_arena_printf(arena, "%o", mode) : "0";
    words[4] = writes ? vl_arena_printf(arena, "%04o", 0777 & ~mode) : "0";
    words[5] = writes && item->group ? item->group : "";
    return 0;
}

static int compose(struct vl_ssh *ssh, struct vl_arena *arena, const struct vl_batch_item *items, size_t count,
                   const char **argv, struct vl_buf *texts, struct vl_error *err)
{
    bool writes = false;
    char *sum = vl_arena_zalloc(arena, VL_DIGEST_SHA256_SIZE);

    for (size_t i = 0; i < count; i++) {
        if (add_item(arena, &items[i], argv + HEAD + WORDS * i, texts, err) < 0)
            return -1;
        writes = writes || items[i].kind == VL_BATCH_WRITE;
    }
    if (!sum || texts->failed || arena->failed)
        return vl_no_memory(err);
    if (texts->length > VL_BATCH_TEXT)
        return vl_fail(err, VL_ERROR_FAILED, "files of more than %d bytes are not sent in one go", VL_BATCH_TEXT);
    if (vl_digest_sha256(vl_buf_text(texts), texts->length, sum) < 0)
        return vl_fail(err, VL_ERROR_FAILED, "cannot compute the SHA-256 of what '%s' is to get", ssh->name);
    argv[0] = "sh";
    argv[1] = "-c";
    argv[2] = batch_script;
    argv[3] = "sh";
    argv[4] = vl_ssh_ask_program;
    argv[5] = vl_arena_printf(arena, "%d", vl_ssh_answer_seconds(ssh));
    argv[6] = writes ? sum : "-";
    return vl_arena_check(arena, err);
}

/* What became of it, in words. */
static int tell_failure(const struct vl_ssh *ssh, const struct vl_batch_item *items, size_t count,
                        const struct vl_batch_report *report, const struct vl_batch_failure *failure,
                        struct vl_ssh_reply *reply, struct vl_error *err)
{
    if (failure->failed && failure->index == count)
        return vl_ssh_fail_file(ssh, "make files ready in", "/tmp", failure->status, reply, err);
    if (failure->failed)
        return vl_ssh_fail_file(ssh, items[failure->index].kind == VL_BATCH_REMOVE ? "remove" : "write",
                                items[failure->index].object, failure->status, reply, err);
    if (report->done < count)
        return vl_fail(err, VL_ERROR_FAILED, "Asterisk on '%s' did not answer '%s'", ssh->name,
                       items[report->done].object);
    return 0;
}

int vl_ssh_batch(struct vl_target *target, const struct vl_batch_item *items, size_t count,
                 struct vl_batch_report *report, struct vl_error *err)
{
    struct vl_ssh *ssh = vl_ssh_of(target);
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_BUF_AUTO texts = VL_BUF_INIT;
    VL_SSH_REPLY_AUTO reply = { .status = -1 };
    const char *argv[HEAD + WORDS * VL_BATCH_ITEMS + 1] = { NULL };
    struct vl_batch_failure failure;
    size_t limit = 4096 + count * (VL_TARGET_OUTPUT_LIMIT + 32);

    report->done = report->touched = 0;
    report->failed = count;
    if (count > VL_BATCH_ITEMS)
        return vl_fail(err, VL_ERROR_FAILED, "%zu changes are too many for one go", count);
    if (compose(ssh, &arena, items, count, argv, &texts, err) < 0)
        return -1;
    vl_ahead_drop(&ssh->ahead);
    report->touched = count; /* until more is known */
    if (vl_ssh_execute(ssh, argv, vl_buf_text(&texts), limit > VL_AHEAD_LIMIT ? VL_AHEAD_LIMIT : limit,
                       vl_ssh_answer_seconds(ssh) * 1000 + SPARE_MS, &reply, err) < 0)
        return -1;
    if (reply.status ||
        !vl_batch_parse(items, count, vl_buf_text(&reply.output), reply.output.length, report, &failure))
        return vl_fail(err, VL_ERROR_FAILED,
                       "'%s' answered something else when its files were written (status %d); does a start-up file of "
                       "its login shell print?",
                       ssh->name, reply.status);
    report->failed = failure.failed ? failure.index : report->done;
    return tell_failure(ssh, items, count, report, &failure, &reply, err);
}
