/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files on a host over SSH, by one command each: scripts for any POSIX shell since that of CentOS 5, with the path as
 * an argument and never as text of the script. SFTP would not do: a rename over an existing file is beyond the version
 * of it that libssh2 1.10 speaks. The scripts have no line ends, which a quoted argument may not hold.
 */
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/memory.h"
#include "base/text.h"
#include "machine/ssh_internal.h"
#include "machine/target.h"

enum { PATH_LIMIT = 4096, READ_HEADER_LIMIT = 64 };

/* What the scripts below say by their exit status, and that of ssh_batch.c by a line. */
enum {
    ABSENT = 70,
    SEALED,
    SPECIAL,
    NO_DIRECTORY,
    IS_DIRECTORY,
    LEFT_OVER,
    NOT_WRITTEN,
    NOT_SAME,
    NO_OWNER,
    NO_GROUP,
    NO_MODE,
    NOT_MOVED,
    CUT_OFF,
    NOT_REMOVED,
};

static const struct {
    int status;
    const char *reason;
} reasons[] = {
    { SEALED, "it may not be read" },
    { SPECIAL, "it is not a regular file" },
    { NO_DIRECTORY, "its directory does not exist" },
    { IS_DIRECTORY, "it is a directory" },
    { LEFT_OVER, "what an earlier try left cannot be removed" },
    { NOT_WRITTEN, "its directory cannot be written to, or is full" },
    { NOT_SAME, "what arrived is not what was sent" },
    { NO_OWNER, "its owner cannot be kept" },
    { NO_GROUP, "it cannot be given to its group" },
    { NO_MODE, "its mode cannot be set" },
    { NOT_MOVED, "it cannot be put in place" },
    { CUT_OFF, "the writing was broken off" },
    { NOT_REMOVED, "its directory cannot be written to" },
    { 126, "its shell may not run what is needed" },
    { 127, "its shell does not find what is needed" },
};

/* $1: the path. First line: mode, size; then the content. A file whose directory may not be searched is not called
 * absent. */
static const char read_script[] =
    "f=$1; if [ ! -e \"$f\" ]; then d=$f; while [ -n \"$d\" ] && [ ! -e \"$d\" ]; do d=${d%/*}; done; "
    "if [ -d \"${d:-/}\" ] && [ ! -x \"${d:-/}\" ]; then exit 71; fi; exit 70; fi; "
    "[ -f \"$f\" ] || exit 72; [ -r \"$f\" ] || exit 71; "
    "stat -L -c \"voiplab %a %s\" \"$f\" || exit 71; exec head -c \"$2\" \"$f\"";

/*
 * $1: the path, $2: a temporary beside it, $3: SHA-256 of the content, $4: mode, $5: group or nothing; stdin: the
 * content. Noclobber makes the shell open the temporary with O_EXCL, so that a link planted there is not followed.
 * CentOS 5 may lack sha256sum; its sync takes no file. Who is not root may not give files away, and is not asked to.
 */
static const char write_script[] =
    "umask 077; f=$1; t=$2; [ -d \"${f%/*}/\" ] || exit 73; [ ! -d \"$f\" ] || exit 74; "
    "trap \"rm -f \\\"\\$t\\\"\" 0; trap \"exit 82\" 1 2 13 15; rm -f \"$t\" || exit 75; "
    "(set -C; cat >\"$t\") || exit 76; "
    "if command -v sha256sum >/dev/null 2>&1; then h=$(sha256sum <\"$t\"); h=${h%% *}; "
    "else h=$(openssl dgst -sha256 <\"$t\"); h=${h##* }; fi; [ \"$h\" = \"$3\" ] || exit 77; "
    "if [ -e \"$f\" ]; then chown \"$(stat -L -c %u:%g \"$f\")\" \"$t\" || [ \"$(id -u)\" != 0 ] || exit 78; fi; "
    "if [ -n \"$5\" ] && { getent group \"$5\" || grep \"^$5:\" /etc/group; } >/dev/null 2>&1; "
    "then chgrp \"$5\" \"$t\" || [ \"$(id -u)\" != 0 ] || exit 79; fi; "
    "chmod \"$4\" \"$t\" || exit 80; sync \"$t\" 2>/dev/null || sync; mv -f -- \"$t\" \"$f\" || exit 81; trap - 0";

_Static_assert(CUT_OFF == 82, "the scripts above use these numbers");

/* A command on a file ended with this status: say why, with the last line that it wrote to stderr. */
int vl_ssh_fail_file(const struct vl_ssh *ssh, const char *verb, const char *path, int status,
                     const struct vl_ssh_reply *reply, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char *const *lines = vl_text_split(&arena, vl_buf_text(&reply->errors), "\r\n");
    const char *last = NULL;

    for (size_t i = 0; lines && lines[i]; i++)
        last = lines[i];
    last = last ? vl_text_quote(&arena, last, VL_TEXT_QUOTED) : NULL;
    for (size_t i = 0; i < VL_COUNT(reasons); i++)
        if (reasons[i].status == status)
            return vl_fail(err, VL_ERROR_FAILED, "cannot %s '%s' on '%s': %s%s%s", verb, path, ssh->name,
                           reasons[i].reason, last ? ": " : "", last ? last : "");
    return vl_fail(err, VL_ERROR_FAILED, "cannot %s '%s' on '%s': status %d%s%s", verb, path, ssh->name, status,
                   last ? ": " : "", last ? last : "");
}

int vl_ssh_check_path(const char *path, struct vl_error *err)
{
    size_t length = strlen(path);

    if (path[0] != '/' || length < 2 || path[length - 1] == '/' || length > PATH_LIMIT)
        return vl_fail(err, VL_ERROR_FAILED, "'%s' is not the absolute path of a file", path);
    return 0;
}

/* Split what read_script printed: "voiplab MODE SIZE\n" and the content, which begins at *ret_start. */
static bool parse_read(const struct vl_buf *output, mode_t *ret_mode, size_t *ret_size, size_t *ret_start)
{
    static const char mark[] = "voiplab ";
    const char *text = vl_buf_text(output);
    char *end;
    unsigned long mode;
    unsigned long long size;

    if (strncmp(text, mark, strlen(mark)) != 0 || text[strlen(mark)] < '0' || text[strlen(mark)] > '7')
        return false;
    mode = strtoul(text + strlen(mark), &end, 8);
    if (mode > 07777 || end[0] != ' ' || end[1] < '0' || end[1] > '9')
        return false;
    size = strtoull(end + 1, &end, 10);
    if (*end != '\n' || size > SIZE_MAX / 2)
        return false;
    *ret_mode = (mode_t)mode;
    *ret_size = (size_t)size;
    *ret_start = (size_t)(end + 1 - text);
    return true;
}

static int take_content(const struct vl_ssh *ssh, const char *path, const struct vl_ssh_reply *reply, char **ret_text,
                        mode_t *ret_mode, struct vl_error *err)
{
    const struct vl_buf *output = &reply->output;
    size_t size = 0, start = 0;
    mode_t mode = 0;
    char *text;

    if (!parse_read(output, &mode, &size, &start))
        return vl_fail(
            err, VL_ERROR_FAILED,
            "'%s' answered something else when '%s' was read; does a start-up file of its login shell print?",
            ssh->name, path);
    if (size > VL_TARGET_FILE_LIMIT)
        return vl_fail(err, VL_ERROR_FAILED, "'%s' on '%s' is larger than %d bytes", path, ssh->name,
                       VL_TARGET_FILE_LIMIT);
    if (output->length - start != size)
        return vl_fail(err, VL_ERROR_FAILED, "'%s' on '%s' changed while it was read; try again", path, ssh->name);
    if (memchr(output->data + start, '\0', size))
        return vl_fail(err, VL_ERROR_FAILED, "'%s' on '%s' holds a NUL byte, so it is no text file", path, ssh->name);
    text = vl_strndup(output->data + start, size);
    if (!text)
        return vl_no_memory(err);
    *ret_text = text;
    *ret_mode = mode;
    return 0;
}

/* From what was learnt ahead: 1 with the text, 0 when it is not known, -1 when there is no file or no memory. */
static int read_ahead(const struct vl_ssh *ssh, const char *path, char **ret_text, mode_t *ret_mode,
                      struct vl_error *err)
{
    const struct vl_ahead_path *known = vl_ahead_find_path(ssh->ahead, path, vl_now_ms());

    if (!known || (!known->text && known->facts.kind != VL_PATH_NONE))
        return 0;
    if (!known->text)
        return vl_fail(err, VL_ERROR_NOTFOUND, "'%s' does not exist on '%s'", path, ssh->name);
    *ret_text = vl_strdup(known->text);
    *ret_mode = known->facts.mode;
    return *ret_text ? 1 : vl_no_memory(err);
}

int vl_ssh_read(struct vl_target *target, const char *path, char **ret_text, mode_t *ret_mode, struct vl_error *err)
{
    struct vl_ssh *ssh = vl_ssh_of(target);
    static const char most[] = "1048577"; /* one more than VL_TARGET_FILE_LIMIT */
    const char *const argv[] = { "sh", "-c", read_script, "sh", path, most, NULL };
    VL_SSH_REPLY_AUTO reply = { .status = -1 };

    int known = read_ahead(ssh, path, ret_text, ret_mode, err);

    _Static_assert(VL_TARGET_FILE_LIMIT == 1048576, "the limit of head above is one more");
    if (known)
        return known < 0 ? -1 : 0;
    if (vl_ssh_check_path(path, err) < 0 ||
        vl_ssh_execute(ssh, argv, NULL, VL_TARGET_FILE_LIMIT + READ_HEADER_LIMIT, 0, &reply, err) < 0)
        return -1;
    if (reply.status == ABSENT)
        return vl_fail(err, VL_ERROR_NOTFOUND, "'%s' does not exist on '%s'", path, ssh->name);
    if (reply.status != 0)
        return vl_ssh_fail_file(ssh, "read", path, reply.status, &reply, err);
    return take_content(ssh, path, &reply, ret_text, ret_mode, err);
}

/* Group names as useradd(8) makes them: nothing in one can mean anything to grep. */
bool vl_ssh_is_group(const char *group)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789_-";

    return *group && *group != '-' && strlen(group) <= 32 && group[strspn(group, allowed)] == '\0';
}

int vl_ssh_write(struct vl_target *target, const char *path, const char *text, mode_t mode, const char *group,
                 struct vl_error *err)
{
    struct vl_ssh *ssh = vl_ssh_of(target);
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_SSH_REPLY_AUTO reply = { .status = -1 };
    char sum[VL_DIGEST_SHA256_SIZE];
    const char *slash = strrchr(path, '/');
    const char *temporary, *octal;

    if (vl_ssh_check_path(path, err) < 0)
        return -1;
    if (group && !vl_ssh_is_group(group))
        return vl_fail(err, VL_ERROR_FAILED, "'%s' is not the name of a group", group);
    if (strlen(text) > VL_TARGET_FILE_LIMIT)
        return vl_fail(err, VL_ERROR_FAILED, "'%s' would be larger than %d bytes", path, VL_TARGET_FILE_LIMIT);
    if (vl_digest_sha256(text, strlen(text), sum) < 0)
        return vl_fail(err, VL_ERROR_FAILED, "cannot compute the SHA-256 of '%s'", path);
    temporary = vl_arena_printf(&arena, "%.*s/.%s.voiplab", (int)(slash - path), path, slash + 1);
    octal = vl_arena_printf(&arena, "%04o", (unsigned int)(mode & 07777));
    if (arena.failed)
        return vl_no_memory(err);
    vl_ahead_drop(&ssh->ahead);
    if (vl_ssh_execute(ssh,
                       (const char *const[]){ "sh", "-c", write_script, "sh", path, temporary, sum, octal,
                                              group ? group : "", NULL },
                       text, READ_HEADER_LIMIT, 0, &reply, err) < 0)
        return -1;
    return reply.status ? vl_ssh_fail_file(ssh, "write", path, reply.status, &reply, err) : 0;
}

int vl_ssh_remove(struct vl_target *target, const char *path, struct vl_error *err)
{
    struct vl_ssh *ssh = vl_ssh_of(target);
    const char *const argv[] = { "rm", "-f", "--", path, NULL };
    VL_SSH_REPLY_AUTO reply = { .status = -1 };

    vl_ahead_drop(&ssh->ahead);
    if (vl_ssh_check_path(path, err) < 0 || vl_ssh_execute(ssh, argv, NULL, READ_HEADER_LIMIT, 0, &reply, err) < 0)
        return -1;
    return reply.status ? vl_ssh_fail_file(ssh, "remove", path, reply.status, &reply, err) : 0;
}
