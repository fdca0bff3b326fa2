/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe/asterisk.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "probe/slice.h"

/* Where a column begins: the title as a word of the header line. False when it is not there. */
static bool find_column(struct vl_slice header, const char *title, size_t *ret_offset)
{
    struct vl_slice rest = header;

    for (;;) {
        struct vl_slice word = vl_slice_word(&rest);

        if (!word.length)
            return false;
        if (!vl_slice_equals(word, title))
            continue;
        *ret_offset = (size_t)(word.start - header.start);
        return true;
    }
}

enum { COLUMNS = 3 };

struct table {
    const char *const *titles; /* of the columns looked for, NULL-terminated, at most COLUMNS */
    size_t offsets[COLUMNS];
};

/* Read up to and including the header line, which is the first line that has all the titles. */
static bool find_header(const char **rest, struct table *table)
{
    struct vl_slice line;

    while (vl_slice_line(rest, &line)) {
        size_t found = 0;

        while (table->titles[found] && find_column(line, table->titles[found], &table->offsets[found]))
            found++;
        if (!table->titles[found])
            return true;
    }
    return false;
}

/* What stands in the line from a column on. Where the row is off by a character (chan_iax2's are), the word that the
 * place falls into is read from its first letter. */
static struct vl_slice from_column(struct vl_slice line, size_t offset)
{
    while (offset && offset <= line.length && !vl_slice_blank(line.start[offset - 1]))
        offset--;
    if (offset > line.length)
        offset = line.length;
    return (struct vl_slice){ line.start + offset, line.length - offset };
}

static struct vl_slice before(struct vl_slice line, struct vl_slice rest)
{
    return (struct vl_slice){ line.start, (size_t)(rest.start - line.start) };
}

static const struct {
    const char *text;
    enum vl_registration_state state;
} registration_states[] = {
    { "Registered", VL_REGISTRATION_REGISTERED },     { "Request Sent", VL_REGISTRATION_REQUEST_SENT },
    { "Unregistered", VL_REGISTRATION_UNREGISTERED }, { "No Authentication", VL_REGISTRATION_NO_AUTHENTICATION },
    { "Rejected", VL_REGISTRATION_REJECTED },         { "Failed", VL_REGISTRATION_FAILED },
};

/* A state ends at two blanks or at the end of the line: what follows is the time. */
static struct vl_slice state_cell(struct vl_slice rest)
{
    struct vl_slice cell = vl_slice_strip(rest);

    for (size_t i = 0; i + 1 < cell.length; i++)
        if (vl_slice_blank(cell.start[i]) && vl_slice_blank(cell.start[i + 1]))
            cell.length = i;
    return cell;
}

/* What follows `cell` in `rest`. */
static struct vl_slice behind(struct vl_slice rest, struct vl_slice cell)
{
    struct vl_slice left = { cell.start + cell.length, 0 };

    left.length = (size_t)(rest.start + rest.length - left.start);
    return vl_slice_strip(left);
}

static enum vl_registration_state registration_state(struct vl_slice cell)
{
    for (size_t i = 0; i < VL_COUNT(registration_states); i++)
        if (vl_slice_equals(cell, registration_states[i].text))
            return registration_states[i].state;
    return VL_REGISTRATION_OTHER;
}

/* The cell before the state is `USERNAME REFRESH`; a user name may hold blanks, so the number is taken off its end.
 * False when there is no number, which a row of the table has. */
static bool split_refresh(struct vl_slice cell, struct vl_slice *ret_username)
{
    struct vl_slice whole = vl_slice_strip(cell), number = whole;
    size_t start = whole.length;

    while (start && !vl_slice_blank(whole.start[start - 1]))
        start--;
    number.start += start;
    number.length -= start;
    *ret_username = vl_slice_strip((struct vl_slice){ whole.start, start });
    return vl_slice_digits(number);
}

int vl_asterisk_parse_sip_registry(struct vl_arena *arena, const char *text, struct vl_registration **ret,
                                   size_t *ret_count)
{
    static const char *const titles[] = { "Host", "Username", "State", NULL };
    struct table table = { .titles = titles };
    struct vl_registration *list = NULL, *grown;
    size_t count = 0;
    struct vl_slice line;

    if (!find_header(&text, &table))
        return -1;
    while (count < VL_ASTERISK_ROWS && vl_slice_line(&text, &line)) {
        struct vl_slice state = from_column(line, table.offsets[2]), user = from_column(line, table.offsets[1]),
                        username;
        struct vl_slice host = vl_slice_word(&(struct vl_slice){ line.start, line.length }), cell = state_cell(state);

        if (user.start >= state.start || !split_refresh(before(user, state), &username) || !cell.length)
            continue;
        grown = vl_arena_grow(arena, list, count, sizeof(*list));
        if (!grown)
            return -1;
        list = grown;
        list[count++] = (struct vl_registration){
            .host = vl_slice_keep(arena, host),
            .username = vl_slice_keep(arena, username),
            .state = registration_state(cell),
            .state_text = vl_slice_keep(arena, cell),
            .when = vl_slice_keep(arena, behind(state, cell)),
        };
    }
    *ret = list;
    *ret_count = count;
    return arena->failed ? -1 : 0;
}

bool vl_asterisk_registration_time(const struct vl_registration *registration, long long *ret_time)
{
    struct tm parts = { .tm_isdst = 0 };
    const char *end = strptime(registration->when, "%a, %d %b %Y %T", &parts);

    *ret_time = end ? (long long)timegm(&parts) : 0;
    return end && !*end;
}

static const struct {
    const char *text;
    enum vl_peer_status status;
    bool timed; /* followed by the time in brackets */
} peer_statuses[] = {
    { "OK", VL_PEER_OK, true },
    { "LAGGED", VL_PEER_LAGGED, true },
    { "UNREACHABLE", VL_PEER_UNREACHABLE, false },
    { "UNKNOWN", VL_PEER_UNKNOWN, false },
    { "Unmonitored", VL_PEER_UNMONITORED, false },
};

/* `(2625 ms)`: the number, or -1. Cuts what it read off `rest`. */
static int read_milliseconds(struct vl_slice *rest)
{
    struct vl_slice try = *rest, number = vl_slice_word(&try), unit = vl_slice_word(&try);
    int value = 0;

    if (!vl_slice_starts(number, "(") || !vl_slice_equals(unit, "ms)"))
        return -1;
    number.start++, number.length--;
    if (!vl_slice_digits(number) || number.length > 8)
        return -1;
    for (size_t i = 0; i < number.length; i++)
        value = value * 10 + (number.start[i] - '0');
    *rest = try;
    return value;
}

/* Read the status at the start of `rest`; what follows it is the description. */
static void read_status(struct vl_arena *arena, struct vl_slice rest, struct vl_peer *peer)
{
    struct vl_slice whole = vl_slice_strip(rest), word = vl_slice_word(&rest);

    peer->status = VL_PEER_OTHER;
    peer->milliseconds = -1;
    for (size_t i = 0; i < VL_COUNT(peer_statuses); i++) {
        if (!vl_slice_equals(word, peer_statuses[i].text))
            continue;
        if (peer_statuses[i].timed)
            peer->milliseconds = read_milliseconds(&rest);
        /* an OK without its time is not one that Asterisk prints */
        if (!peer_statuses[i].timed || peer->milliseconds >= 0)
            peer->status = peer_statuses[i].status;
    }
    peer->status_text = vl_slice_keep(arena, vl_slice_strip(before(whole, rest)));
}

/* `(T)`, `(E)`: IAX2's marks for trunking and encryption between port and status. */
static bool is_flag(struct vl_slice word)
{
    return word.length == 3 && word.start[0] == '(' && word.start[2] == ')';
}

static void read_name(struct vl_arena *arena, struct vl_slice cell, struct vl_peer *peer)
{
    const char *slash;

    cell = vl_slice_strip(cell);
    slash = memchr(cell.start, '/', cell.length);
    peer->username = "";
    if (slash) {
        size_t length = (size_t)(slash - cell.start);

        peer->username = vl_slice_keep(arena, (struct vl_slice){ slash + 1, cell.length - length - 1 });
        cell.length = length;
    }
    peer->name = vl_slice_keep(arena, cell);
}

/* One row. The last line of the table is its sum: it has no port in its place. */
static bool read_peer(struct vl_arena *arena, struct vl_slice line, const struct table *table, struct vl_peer *peer)
{
    struct vl_slice host_on = from_column(line, table->offsets[1]), rest = from_column(line, table->offsets[2]);
    struct vl_slice name = vl_slice_strip(before(line, host_on)), host = vl_slice_word(&host_on),
                    port = vl_slice_word(&rest), try = rest;

    if (!name.length || !(vl_slice_digits(port) || vl_slice_equals(port, "(null)")))
        return false;
    while (is_flag(vl_slice_word(&try)))
        rest = try;
    *peer = (struct vl_peer){
        .host =
            vl_slice_equals(host, "(Unspecified)") || vl_slice_equals(host, "(null)") ? "" : vl_slice_keep(arena, host),
    };
    read_name(arena, name, peer);
    read_status(arena, rest, peer);
    return true;
}

static int parse_peers(struct vl_arena *arena, const char *text, const char *const *titles, struct vl_peer **ret,
                       size_t *ret_count)
{
    struct table table = { .titles = titles };
    struct vl_peer *list = NULL, *grown, peer;
    size_t count = 0;
    struct vl_slice line;

    if (!find_header(&text, &table))
        return -1;
    while (count < VL_ASTERISK_ROWS && vl_slice_line(&text, &line)) {
        if (!read_peer(arena, line, &table, &peer))
            continue;
        grown = vl_arena_grow(arena, list, count, sizeof(*list));
        if (!grown)
            return -1;
        list = grown;
        list[count++] = peer;
    }
    *ret = list;
    *ret_count = count;
    return arena->failed ? -1 : 0;
}

int vl_asterisk_parse_sip_peers(struct vl_arena *arena, const char *text, struct vl_peer **ret, size_t *ret_count)
{
    static const char *const titles[] = { "Name/username", "Host", "Port", NULL };

    return parse_peers(arena, text, titles, ret, ret_count);
}

int vl_asterisk_parse_iax2_peers(struct vl_arena *arena, const char *text, struct vl_peer **ret, size_t *ret_count)
{
    static const char *const titles[] = { "Name/Username", "Host", "Port", NULL };

    return parse_peers(arena, text, titles, ret, ret_count);
}

/* The number at `text`, which fits; its end in *ret_end. False when there is none. */
static bool read_number(const char *text, unsigned long *ret_number, const char **ret_end)
{
    size_t length = strspn(text, "0123456789");

    if (length == 0 || length > 9)
        return false;
    *ret_number = strtoul(text, NULL, 10);
    *ret_end = text + length;
    return true;
}

enum { CHANNEL_FIELDS = 24, FEWEST_FIELDS = 12, FIELDS_OF_1_6 = 13 };

/* `1795405630.289`, with `SYSTEM-` in front where asterisk.conf names the system. */
static bool is_unique_id(struct vl_slice field)
{
    size_t end = field.length, dots = 0, digits = 0;

    while (end && (field.start[end - 1] == '.' || (field.start[end - 1] >= '0' && field.start[end - 1] <= '9'))) {
        dots += field.start[end - 1] == '.';
        digits += field.start[--end] != '.';
    }
    return dots == 1 && digits >= 2 && (end == 0 || field.start[end - 1] == '-');
}

/* Split at '!'. The data of an application may hold one, so the front and the end are counted from their own sides:
 * NAME!CONTEXT!EXTENSION!PRIORITY!STATE!APPLICATION!DATA!CALLER!ACCOUNT[!PEERACCOUNT]!AMAFLAGS!DURATION!BRIDGE[!UNIQUEID]
 * (the unique id since 1.6.1, the account of the peer since 1.8). */
static bool read_channel(struct vl_arena *arena, struct vl_slice line, struct vl_channel *channel)
{
    struct vl_slice fields[CHANNEL_FIELDS] = { { line.start, 0 } }, bridge;
    size_t count = 0, end, caller;
    const char *behind;

    for (size_t i = 0; i <= line.length; i++) {
        if (i < line.length && line.start[i] != '!') {
            fields[count].length++;
            continue;
        }
        if (++count == CHANNEL_FIELDS)
            return false;
        fields[count] = (struct vl_slice){ line.start + i + 1, 0 };
    }
    if (count < FEWEST_FIELDS || !fields[0].length || !vl_slice_digits(fields[3]))
        return false;
    end = is_unique_id(fields[count - 1]) ? count - 2 : count - 1;
    caller = end == count - 1 || count == FIELDS_OF_1_6 ? end - 4 : end - 5;
    bridge = fields[end];
    *channel = (struct vl_channel){
        .name = vl_slice_keep(arena, fields[0]),
        .context = vl_slice_keep(arena, fields[1]),
        .extension = vl_slice_keep(arena, fields[2]),
        .state = vl_slice_keep(arena, fields[4]),
        .application = vl_slice_keep(arena, fields[5]),
        .data = vl_slice_keep(arena, fields[6]),
        .bridge = vl_slice_equals(bridge, "(None)") ? "" : vl_slice_keep(arena, bridge),
        .bridged = bridge.length && !vl_slice_equals(bridge, "(None)"),
        .caller = vl_slice_keep(arena, fields[caller]),
    };
    (void)read_number(fields[end - 1].start, &channel->seconds, &behind);
    return true;
}

int vl_asterisk_parse_channels_concise(struct vl_arena *arena, const char *text, struct vl_channel **ret,
                                       size_t *ret_count)
{
    struct vl_channel *list = NULL, *grown, channel;
    size_t count = 0;
    struct vl_slice line;
    bool strange = false;

    while (count < VL_ASTERISK_ROWS && vl_slice_line(&text, &line)) {
        line = vl_slice_strip(line);
        if (!read_channel(arena, line, &channel)) {
            strange = strange || line.length;
            continue;
        }
        grown = vl_arena_grow(arena, list, count, sizeof(*list));
        if (!grown)
            return -1;
        list = grown;
        list[count++] = channel;
    }
    *ret = list;
    *ret_count = count;
    return arena->failed || (strange && count == 0) ? -1 : 0;
}

bool vl_asterisk_parse_channels_count(const char *text, unsigned long *ret_channels, unsigned long *ret_calls)
{
    bool channels = false, calls = false;
    struct vl_slice line;

    while (vl_slice_line(&text, &line)) {
        unsigned long number;
        const char *rest;

        if (!read_number(line.start, &number, &rest))
            continue;
        if (vl_text_starts(rest, " active channel")) {
            *ret_channels = number;
            channels = true;
        } else if (vl_text_starts(rest, " active call")) {
            *ret_calls = number;
            calls = true;
        }
    }
    return channels && calls;
}

/* The number after "Asterisk " and what may stand between the two. */
static bool read_version(const char *start, unsigned *ret_major, unsigned *ret_minor)
{
    static const char *const editions[] = { "", "certified/", "certified-", "SVN-branch-", "SVN-tag-", "GIT-" };

    for (size_t i = 0; i < VL_COUNT(editions); i++) {
        unsigned long major, minor = 0;
        const char *end;

        if (!vl_text_starts(start, editions[i]) || !read_number(start + strlen(editions[i]), &major, &end))
            continue;
        if (*end == '.')
            (void)read_number(end + 1, &minor, &end);
        *ret_major = (unsigned)major;
        *ret_minor = (unsigned)minor;
        return true;
    }
    return false;
}

/* One that has just started says "Asterisk Ready." on every console, so in front of its first answer. */
bool vl_asterisk_parse_version(const char *text, unsigned *ret_major, unsigned *ret_minor)
{
    static const char word[] = "Asterisk ";

    for (const char *at = strstr(text, word); at; at = strstr(at, word)) {
        at += strlen(word);
        if (read_version(at, ret_major, ret_minor))
            return true;
    }
    return false;
}

/* The number of seconds behind this title. */
static bool parse_seconds(const char *text, const char *title, unsigned long *ret_seconds)
{
    struct vl_slice line;

    while (vl_slice_line(&text, &line)) {
        const char *end;

        if (vl_slice_starts(line, title) && read_number(line.start + strlen(title), ret_seconds, &end))
            return true;
    }
    return false;
}

bool vl_asterisk_parse_uptime(const char *text, unsigned long *ret_seconds)
{
    return parse_seconds(text, "System uptime: ", ret_seconds);
}

bool vl_asterisk_parse_reload(const char *text, unsigned long *ret_seconds)
{
    return parse_seconds(text, "Last reload: ", ret_seconds);
}

bool vl_asterisk_no_such_command(const char *text)
{
    text += strspn(text, " \t\r\n");
    return vl_text_starts(text, "No such command") || vl_text_starts(text, "No such module");
}

bool vl_asterisk_runs_module(const char *list, const char *name)
{
    size_t length = strlen(name);
    struct vl_slice line;

    while (vl_slice_line(&list, &line))
        if (line.length > length && vl_slice_starts(line, name) && line.start[length] == ' ')
            return !memmem(line.start, line.length, "Not Running", strlen("Not Running"));
    return false;
}

const char *vl_asterisk_reload_refused(struct vl_arena *arena, const char *text)
{
    static const char *const words[] = { "reported a reload failure", "was not properly initialized",
                                         "is already in progress", "request was queued since",
                                         "Unable to load module" };
    struct vl_slice line;

    while (vl_slice_line(&text, &line)) {
        const char *kept = vl_slice_keep(arena, vl_slice_strip(line));

        for (size_t i = 0; i < VL_COUNT(words); i++)
            if (strstr(kept, words[i]))
                return kept;
    }
    return NULL;
}

bool vl_asterisk_name_matches(const char *shown, const char *full)
{
    size_t length = strlen(shown);

    if (!strcmp(shown, full))
        return true;
    return (length == 12 || length == 15 || length == 25) && vl_text_starts(full, shown);
}
