/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe/evidence.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "probe/slice.h"

enum { RUN_MS = 30000 };

#define MARK "voiplab says "

/* $1 and $2: seconds of the log, and of it those of the check itself; then what Asterisk is asked. The shell may be
 * that of CentOS 5, dash or busybox. A log of more than 64 MiB is not counted, so that its lines have no numbers. What
 * `iax2 show users` says ends at the name: the rest has secrets.
 */
static const char script[] =
    "LC_ALL=C; export LC_ALL; s=$1; c=$2; shift; shift; say() { echo; echo \"" MARK
    "$*\"; }; cli() { asterisk -rx \"$1\" 2>&1; }; "
    "n=$(date +%s); say since; for t in $s $c; do date -d @$((n-t)) '+%Y-%m-%d %H:%M:%S'; done; "
    "l=; for f in $(cli 'logger show channels' | awk '$1 ~ /^\\// && /NOTICE/ { print $1 }') "
    "/var/log/asterisk/messages /var/log/asterisk/messages.log /var/log/asterisk/full; do "
    "if [ -z \"$l\" ] && [ -f \"$f\" ]; then l=$f; fi; done; "
    "if [ -n \"$l\" ]; then a=0; z=$(stat -L -c %s \"$l\"); [ \"$z\" -gt 67108864 ] || a=$(wc -l <\"$l\"); "
    "say log $a $l; tail -c 262144 \"$l\" | tail -n 2000; fi; "
    "say files; stat -L -c '%a %u %g %Y %n' /etc/asterisk /etc/asterisk/sip.conf /etc/asterisk/pjsip.conf "
    "/etc/asterisk/iax.conf /etc/asterisk/extensions.conf /etc/asterisk/*_custom.conf /etc/asterisk/voiplab_*.conf "
    "2>/dev/null; "
    "say who; p=$(cat /var/run/asterisk/asterisk.pid 2>/dev/null || pidof asterisk); p=${p%% *}; "
    "[ -z \"$p\" ] || grep '^[UG]' /proc/$p/status; "
    "say sockets; awk '{ print $2 }' /proc/net/udp /proc/net/udp6 2>/dev/null | head -n 500; "
    "say filter; PATH=$PATH:/usr/sbin:/sbin; { nft list ruleset; iptables-save; } 2>/dev/null | "
    "grep -i 'drop\\|reject' | head -n 50; "
    "say modules; cli 'module show like chan_'; say uptime; cli 'core show uptime seconds'; say now $(date +%s); "
    "for q; do say answer $q; case $q in iax2*users*) cli \"$q\" | cut -c1-16 ;; *) cli \"$q\" | head -n 200 ;; esac; "
    "done; say end";

/* When the lines of the log begin that are looked at, and those of the check itself: both "" or 19 characters. */
struct since {
    char log[20], check[20];
};

/* A number at the start of `*at`, which then is behind it and the blank after it. */
static bool take_number(const char **at, int base, long long *ret_number)
{
    char *end;

    if (**at < '0' || **at > '9')
        return false;
    *ret_number = strtoll(*at, &end, base);
    *at = end + (*end == ' ');
    return true;
}

/* Months as Asterisk's default form of a date has them. */
static int month_of(const char *text)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

    for (int i = 0; i < 12; i++)
        if (!strncmp(text, months + 3 * i, 3))
            return i + 1;
    return 0;
}

/* Whether a line was logged at `since` ("2026-11-28 17:41:39") or later: `[Nov 28 17:41:39]`, or with a date as that
 * one is. The former has no year; a check does not last a month, so January comes after December. What has no time is
 * part of a line before it, or in a form of the administrator's own: it proves nothing. */
static bool is_since(struct vl_slice line, const char *since)
{
    char text[64];
    int month, day, year_month, year_day;

    if (line.length < 20 || line.start[0] != '[' || strlen(since) != 19)
        return false;
    if (line.start[5] == '-')
        return memcmp(line.start + 1, since, 19) >= 0;
    memcpy(text, line.start + 1, 15);
    text[15] = '\0';
    month = month_of(text);
    day = atoi(text + 4);
    year_month = atoi(since + 5);
    year_day = atoi(since + 8);
    if (!month)
        return false;
    if (month != year_month)
        return month == year_month % 12 + 1;
    return day != year_day ? day > year_day : strncmp(text + 7, since + 11, 8) >= 0;
}

static void take_log(struct vl_arena *arena, const char *head, const char *text, const struct since *since,
                     struct vl_evidence *evidence)
{
    long long total = 0;
    unsigned long count = 0, at = 0;
    const char *rest = text;
    struct vl_slice line;

    if (!take_number(&head, 10, &total))
        return;
    while (vl_slice_line(&rest, &line))
        count++;
    evidence->log_file = vl_text_quote(arena, head, VL_TEXT_QUOTED);
    evidence->log = vl_arena_zalloc(arena, (count + 1) * sizeof(*evidence->log));
    for (rest = text; evidence->log && vl_slice_line(&rest, &line); at++)
        if (is_since(line, since->log))
            evidence->log[evidence->log_count++] = (struct vl_evidence_line){
                .text =
                    vl_arena_strndup(arena, line.start, line.length < VL_TEXT_QUOTED ? line.length : VL_TEXT_QUOTED),
                .before = !is_since(line, since->check),
                .number = total > 0 && (unsigned long)total >= count ? (unsigned long)total - count + at + 1 : 0,
            };
}

static void take_files(struct vl_arena *arena, const char *text, struct vl_evidence *evidence)
{
    struct vl_slice line;

    while (vl_slice_line(&text, &line)) {
        const char *at = line.start;
        long long mode, owner, group, changed;
        struct vl_evidence_file *grown;

        if (!take_number(&at, 8, &mode) || !take_number(&at, 10, &owner) || !take_number(&at, 10, &group) ||
            !take_number(&at, 10, &changed) || at >= line.start + line.length || evidence->file_count >= 256)
            continue;
        grown = vl_arena_grow(arena, evidence->files, evidence->file_count, sizeof(*grown));
        if (!grown)
            return;
        evidence->files = grown;
        grown[evidence->file_count++] = (struct vl_evidence_file){
            .path = vl_slice_keep(arena, (struct vl_slice){ at, line.length - (size_t)(at - line.start) }),
            .mode = (unsigned)mode & 07777,
            .owner = (unsigned)owner,
            .group = (unsigned)group,
            .changed = changed,
        };
    }
}

static void take_times(const char *text, struct since *ret_since)
{
    (void)snprintf(ret_since->log, sizeof(ret_since->log), "%.19s", text);
    text += strcspn(text, "\n");
    (void)snprintf(ret_since->check, sizeof(ret_since->check), "%.19s", *text ? text + 1 : "");
}

/* One part of the answer: what stands on its mark, and its text. */
static void take_part(struct vl_arena *arena, const char *head, const char *text, struct since *since,
                      struct vl_evidence *evidence)
{
    const struct {
        const char *name;
        const char **to;
    } texts[] = {
        { "who", &evidence->who },       { "modules", &evidence->modules }, { "sockets", &evidence->sockets },
        { "filter", &evidence->filter }, { "uptime", &evidence->uptime },
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (!strcmp(head, texts[i].name) && !*texts[i].to)
            *texts[i].to = text;
    if (vl_text_starts(head, "now ")) {
        head += 4;
        (void)take_number(&head, 10, &evidence->now);
    } else if (!strcmp(head, "since")) {
        take_times(text, since);
    } else if (vl_text_starts(head, "log ") && !evidence->log_file) {
        take_log(arena, head + 4, text, since, evidence);
    } else if (!strcmp(head, "files") && !evidence->file_count) {
        take_files(arena, text, evidence);
    } else if (vl_text_starts(head, "answer ") && evidence->question_count < VL_EVIDENCE_QUESTIONS) {
        evidence->questions[evidence->question_count] = head + 7;
        evidence->answers[evidence->question_count++] = text;
    }
}

void vl_evidence_parse(struct vl_arena *arena, const char *pbx, const char *answer, struct vl_evidence *ret_evidence)
{
    struct since since = { .log = "" };
    char *copy = vl_arena_strdup(arena, answer);

    *ret_evidence = (struct vl_evidence){ .pbx = pbx };
    for (char *mark = strstr(copy, MARK), *next; mark; mark = next) {
        char *head = mark + strlen(MARK), *text = strchr(head, '\n');

        if (!text)
            return;
        *text++ = '\0';
        next = strstr(text, "\n" MARK); /* inside of a line it is a word of somebody's */
        if (next)
            *next++ = '\0';
        take_part(arena, head, text, &since, ret_evidence);
    }
}

int vl_evidence_ask(struct vl_arena *arena, struct vl_target *target, unsigned since_s, unsigned check_s,
                    const char *const *questions, struct vl_evidence *ret_evidence, struct vl_error *err)
{
    const char *argv[VL_EVIDENCE_QUESTIONS + 8] = {
        "sh", "-c", script, "sh", vl_arena_printf(arena, "%u", since_s), vl_arena_printf(arena, "%u", check_s),
    };
    struct vl_command_result result = { .status = -1 };

    for (size_t i = 0; questions && questions[i] && i < VL_EVIDENCE_QUESTIONS; i++)
        argv[6 + i] = questions[i];
    vl_target_grant(target, RUN_MS);
    if (target->ops->run(target, argv, NULL, RUN_MS, &result, err) < 0)
        return -1;
    vl_evidence_parse(arena, target->name, result.output ? result.output : "", ret_evidence);
    vl_command_result_free(&result);
    return vl_arena_check(arena, err);
}

const char *vl_evidence_answer(const struct vl_evidence *evidence, const char *question)
{
    for (size_t i = 0; i < evidence->question_count; i++)
        if (!strcmp(evidence->questions[i], question))
            return evidence->answers[i];
    return NULL;
}

static bool has_words(const char *line, const char *const *words)
{
    for (; *words; words++) {
        line = strstr(line, *words);
        if (!line)
            return false;
        line += strlen(*words);
    }
    return true;
}

const char *vl_evidence_line_with(struct vl_arena *arena, const char *text, const char *const *words)
{
    struct vl_slice line;

    while (text && vl_slice_line(&text, &line)) {
        const char *kept = vl_slice_keep(arena, vl_slice_strip(line));

        if (has_words(kept, words))
            return kept;
    }
    return NULL;
}

const char *vl_evidence_where(struct vl_arena *arena, const struct vl_evidence *evidence,
                              const struct vl_evidence_line *line)
{
    return line->number ? vl_arena_printf(arena, "%s:%lu", evidence->log_file, line->number)
                        : vl_arena_strdup(arena, evidence->log_file);
}
