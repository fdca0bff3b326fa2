/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe/asterisk.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

/* A piece of the text that is read; not NUL-terminated. */
struct slice {
    const char *start;
    size_t length;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Cut the next line off `rest`. False at the end. */
static bool next_line(const char **rest, struct slice *line)
{
    if (!**rest)
        return false;
    line->start = *rest;
    line->length = strcspn(*rest, "\n");
    *rest += line->length + ((*rest)[line->length] == '\n');
    return true;
}

static struct slice strip(struct slice text)
{
    while (text.length && is_blank(text.start[0]))
        text.start++, text.length--;
    while (text.length && is_blank(text.start[text.length - 1]))
        text.length--;
    return text;
}

/* Cut the next word off `rest`; empty at the end. */
static struct slice next_word(struct slice *rest)
{
    struct slice word;

    *rest = strip(*rest);
    word = *rest;
    for (word.length = 0; word.length < rest->length && !is_blank(rest->start[word.length]);)
        word.length++;
    rest->start += word.length;
    rest->length -= word.length;
    return word;
}

static bool starts(struct slice text, const char *prefix)
{
    size_t length = strlen(prefix);

    return text.length >= length && !memcmp(text.start, prefix, length);
}

static bool equals(struct slice text, const char *word)
{
    return text.length == strlen(word) && starts(text, word);
}

static bool all_digits(struct slice text)
{
    for (size_t i = 0; i < text.length; i++)
        if (text.start[i] < '0' || text.start[i] > '9')
            return false;
    return text.length > 0;
}

static const char *keep(struct vl_arena *arena, struct slice text)
{
    char cell[VL_ASTERISK_CELL + 1];
    size_t length = text.length < VL_ASTERISK_CELL ? text.length : VL_ASTERISK_CELL;

    memcpy(cell, text.start, length);
    cell[length] = '\0';
    return vl_text_printable(arena, cell);
}

/* Where a column begins: the title as a word of the header line. False when it is not there. */
static bool find_column(struct slice header, const char *title, size_t *ret_offset)
{
    struct slice rest = header;

    for (;;) {
        struct slice word = next_word(&rest);

        if (!word.length)
            return false;
        if (!equals(word, title))
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
    struct slice line;

    while (next_line(rest, &line)) {
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
static struct slice from_column(struct slice line, size_t offset)
{
    while (offset && offset <= line.length && !is_blank(line.start[offset - 1]))
        offset--;
    if (offset > line.length)
        offset = line.length;
    return (struct slice){ line.start + offset, line.length - offset };
}

static struct slice before(struct slice line, struct slice rest)
{
    return (struct slice){ line.start, (size_t)(rest.start - line.start) };
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
static struct slice state_cell(struct slice rest)
{
    struct slice cell = strip(rest);

    for (size_t i = 0; i + 1 < cell.length; i++)
        if (is_blank(cell.start[i]) && is_blank(cell.start[i + 1]))
            cell.length = i;
    return cell;
}

static enum vl_registration_state registration_state(struct slice cell)
{
    for (size_t i = 0; i < VL_COUNT(registration_states); i++)
        if (equals(cell, registration_states[i].text))
            return registration_states[i].state;
    return VL_REGISTRATION_OTHER;
}

/* The cell before the state is `USERNAME REFRESH`; a user name may hold blanks, so the number is taken off its end.
 * False when there is no number, which a row of the table has. */
static bool split_refresh(struct slice cell, struct slice *ret_username)
{
    struct slice whole = strip(cell), number = whole;
    size_t start = whole.length;

    while (start && !is_blank(whole.start[start - 1]))
        start--;
    number.start += start;
    number.length -= start;
    *ret_username = strip((struct slice){ whole.start, start });
    return all_digits(number);
}

int vl_asterisk_parse_sip_registry(struct vl_arena *arena, const char *text, struct vl_registration **ret,
                                   size_t *ret_count)
{
    static const char *const titles[] = { "Host", "Username", "State", NULL };
    struct table table = { .titles = titles };
    struct vl_registration *list = NULL, *grown;
    size_t count = 0;
    struct slice line;

    if (!find_header(&text, &table))
        return -1;
    while (count < VL_ASTERISK_ROWS && next_line(&text, &line)) {
        struct slice state = from_column(line, table.offsets[2]), user = from_column(line, table.offsets[1]), username;
        struct slice host = next_word(&(struct slice){ line.start, line.length }), cell = state_cell(state);

        if (user.start >= state.start || !split_refresh(before(user, state), &username) || !cell.length)
            continue;
        grown = vl_arena_grow(arena, list, count, sizeof(*list));
        if (!grown)
            return -1;
        list = grown;
        list[count++] = (struct vl_registration){
            .host = keep(arena, host),
            .username = keep(arena, username),
            .state = registration_state(cell),
            .state_text = keep(arena, cell),
        };
    }
    *ret = list;
    *ret_count = count;
    return arena->failed ? -1 : 0;
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
static int read_milliseconds(struct slice *rest)
{
    struct slice try = *rest, number = next_word(&try), unit = next_word(&try);
    int value = 0;

    if (!starts(number, "(") || !equals(unit, "ms)"))
        return -1;
    number.start++, number.length--;
    if (!all_digits(number) || number.length > 8)
        return -1;
    for (size_t i = 0; i < number.length; i++)
        value = value * 10 + (number.start[i] - '0');
    *rest = try;
    return value;
}

/* Read the status at the start of `rest`; what follows it is the description. */
static void read_status(struct vl_arena *arena, struct slice rest, struct vl_peer *peer)
{
    struct slice whole = strip(rest), word = next_word(&rest);

    peer->status = VL_PEER_OTHER;
    peer->milliseconds = -1;
    for (size_t i = 0; i < VL_COUNT(peer_statuses); i++) {
        if (!equals(word, peer_statuses[i].text))
            continue;
        if (peer_statuses[i].timed)
            peer->milliseconds = read_milliseconds(&rest);
        /* an OK without its time is not one that Asterisk prints */
        if (!peer_statuses[i].timed || peer->milliseconds >= 0)
            peer->status = peer_statuses[i].status;
    }
    peer->status_text = keep(arena, strip(before(whole, rest)));
}

/* `(T)`, `(E)`: IAX2's marks for trunking and encryption between port and status. */
static bool is_flag(struct slice word)
{
    return word.length == 3 && word.start[0] == '(' && word.start[2] == ')';
}

static void read_name(struct vl_arena *arena, struct slice cell, struct vl_peer *peer)
{
    const char *slash;

    cell = strip(cell);
    slash = memchr(cell.start, '/', cell.length);
    peer->username = "";
    if (slash) {
        size_t length = (size_t)(slash - cell.start);

        peer->username = keep(arena, (struct slice){ slash + 1, cell.length - length - 1 });
        cell.length = length;
    }
    peer->name = keep(arena, cell);
}

/* One row. The last line of the table is its sum: it has no port in its place. */
static bool read_peer(struct vl_arena *arena, struct slice line, const struct table *table, struct vl_peer *peer)
{
    struct slice host_on = from_column(line, table->offsets[1]), rest = from_column(line, table->offsets[2]);
    struct slice name = strip(before(line, host_on)), host = next_word(&host_on), port = next_word(&rest), try = rest;

    if (!name.length || !(all_digits(port) || equals(port, "(null)")))
        return false;
    while (is_flag(next_word(&try)))
        rest = try;
    *peer = (struct vl_peer){
        .host = equals(host, "(Unspecified)") || equals(host, "(null)") ? "" : keep(arena, host),
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
    struct slice line;

    if (!find_header(&text, &table))
        return -1;
    while (count < VL_ASTERISK_ROWS && next_line(&text, &line)) {
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

enum { CHANNEL_FIELDS = 24, FEWEST_FIELDS = 12 };

/* `1795405630.289`, with `SYSTEM-` in front where asterisk.conf names the system. */
static bool is_unique_id(struct slice field)
{
    size_t end = field.length, dots = 0, digits = 0;

    while (end && (field.start[end - 1] == '.' || (field.start[end - 1] >= '0' && field.start[end - 1] <= '9'))) {
        dots += field.start[end - 1] == '.';
        digits += field.start[--end] != '.';
    }
    return dots == 1 && digits >= 2 && (end == 0 || field.start[end - 1] == '-');
}

/* Split at '!'. The data of an application may hold one, so the front and the end are counted from their own sides:
 * NAME!CONTEXT!EXTENSION!PRIORITY!STATE!APPLICATION!DATA … DURATION!BRIDGE[!UNIQUEID] (the last since 1.8). */
static bool read_channel(struct vl_arena *arena, struct slice line, struct vl_channel *channel)
{
    struct slice fields[CHANNEL_FIELDS] = { { line.start, 0 } }, bridge;
    size_t count = 0;

    for (size_t i = 0; i <= line.length; i++) {
        if (i < line.length && line.start[i] != '!') {
            fields[count].length++;
            continue;
        }
        if (++count == CHANNEL_FIELDS)
            return false;
        fields[count] = (struct slice){ line.start + i + 1, 0 };
    }
    if (count < FEWEST_FIELDS || !fields[0].length || !all_digits(fields[3]))
        return false;
    bridge = fields[is_unique_id(fields[count - 1]) ? count - 2 : count - 1];
    *channel = (struct vl_channel){
        .name = keep(arena, fields[0]),
        .context = keep(arena, fields[1]),
        .extension = keep(arena, fields[2]),
        .state = keep(arena, fields[4]),
        .application = keep(arena, fields[5]),
        .data = keep(arena, fields[6]),
        .bridge = equals(bridge, "(None)") ? "" : keep(arena, bridge),
        .bridged = bridge.length && !equals(bridge, "(None)"),
    };
    return true;
}

int vl_asterisk_parse_channels_concise(struct vl_arena *arena, const char *text, struct vl_channel **ret,
                                       size_t *ret_count)
{
    struct vl_channel *list = NULL, *grown, channel;
    size_t count = 0;
    struct slice line;
    bool strange = false;

    while (count < VL_ASTERISK_ROWS && next_line(&text, &line)) {
        line = strip(line);
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

bool vl_asterisk_parse_channels_count(const char *text, unsigned long *ret_channels, unsigned long *ret_calls)
{
    bool channels = false, calls = false;
    struct slice line;

    while (next_line(&text, &line)) {
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

bool vl_asterisk_parse_version(const char *text, unsigned *ret_major, unsigned *ret_minor)
{
    static const char *const editions[] = { "", "certified/", "certified-", "SVN-branch-", "SVN-tag-", "GIT-" };
    const char *start = strstr(text, "Asterisk ");

    if (!start)
        return false;
    start += strlen("Asterisk ");
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

bool vl_asterisk_parse_uptime(const char *text, unsigned long *ret_seconds)
{
    static const char title[] = "System uptime: ";
    struct slice line;

    while (next_line(&text, &line)) {
        const char *end;

        if (starts(line, title) && read_number(line.start + strlen(title), ret_seconds, &end))
            return true;
    }
    return false;
}

bool vl_asterisk_no_such_command(const char *text)
{
    return vl_text_starts(text + strspn(text, " \t\r\n"), "No such command");
}

bool vl_asterisk_name_matches(const char *shown, const char *full)
{
    size_t length = strlen(shown);

    if (!strcmp(shown, full))
        return true;
    return (length == 12 || length == 15 || length == 25) && vl_text_starts(full, shown);
}
