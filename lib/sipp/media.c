/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whose packet it is: streams and announced ends in two tables of open addressing. A stream is known by both its ends
 * and its SSRC. What no SDP announced has to look like RTP for a while before it counts as a stream.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "sipp/media.h"
#include "sipp/media_count.h"

enum { FIRST_ROOM = 256, MOST_ENDS = 65536, MOST_MAPS = 8, LIKELY = 4, NO_TYPE = 128 };

struct announced {
    struct vl_endpoint end;
    struct vl_media_map maps[MOST_MAPS];
    size_t map_count;
};

struct stream {
    struct vl_endpoint from, to;
    uint32_t ssrc;
    size_t announced; /* index + 1; 0: none */
    unsigned type, type_now, rate;
    char name[24];
    uint64_t type_changes;
    int64_t first_ns, last_ns;
    struct vl_media_count count;
};

/* Indices + 1 into an array, by hash; half of it at least is empty. */
struct table {
    uint32_t *slots;
    size_t room, used;
};

struct vl_media {
    struct table by_stream, by_end;
    struct stream *streams;
    struct announced *ends;
    size_t stream_room, end_room;
    uint64_t uncounted;
    struct vl_media_sum sum;
};

struct vl_media *vl_media_new(void)
{
    return vl_calloc(1, sizeof(struct vl_media));
}

void vl_media_free(struct vl_media *media)
{
    if (!media)
        return;
    vl_free(media->by_stream.slots);
    vl_free(media->by_end.slots);
    vl_free(media->streams);
    vl_free(media->ends);
    vl_free(media);
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 29;
}

static uint64_t hash_end(uint64_t hash, const struct vl_endpoint *end)
{
    uint64_t half[2];

    (void)memcpy(half, end->address, sizeof(half));
    return mix(mix(mix(hash, half[0]), half[1]), end->port);
}

static uint64_t hash_stream(const struct vl_endpoint *from, const struct vl_endpoint *to, uint32_t ssrc)
{
    return mix(hash_end(hash_end(0, from), to), ssrc);
}

static void put(struct table *table, uint64_t hash, uint32_t value)
{
    size_t at = (size_t)hash & (table->room - 1);

    while (table->slots[at])
        at = (at + 1) & (table->room - 1);
    table->slots[at] = value;
    table->used++;
}

/* Room for one more entry, of an array of `size` and in its table; `hash` tells the place of the n-th. */
static bool grow(struct table *table, void *array, size_t *room, size_t size,
                 uint64_t (*hash)(const void *array, size_t index))
{
    void **items = array, *grown;
    struct table wider = { .room = table->room ? table->room * 2 : FIRST_ROOM * 2 };

    if (table->used < *room)
        return true;
    wider.slots = vl_calloc(wider.room, sizeof(*wider.slots));
    grown = wider.slots ? vl_realloc(*items, wider.room / 2 * size) : NULL;
    if (!grown) {
        vl_free(wider.slots);
        return false;
    }
    *items = grown;
    *room = wider.room / 2;
    for (size_t i = 0; i < table->used; i++)
        put(&wider, hash(grown, i), (uint32_t)i + 1);
    vl_free(table->slots);
    *table = wider;
    return true;
}

static uint64_t hash_nth_stream(const void *array, size_t index)
{
    const struct stream *stream = (const struct stream *)array + index;

    return hash_stream(&stream->from, &stream->to, stream->ssrc);
}

static uint64_t hash_nth_end(const void *array, size_t index)
{
    return hash_end(0, &((const struct announced *)array + index)->end);
}

/* Index + 1; 0: it was not announced. */
static size_t find_end(const struct vl_media *media, const struct vl_endpoint *end)
{
    size_t mask = media->by_end.room - 1;

    if (!media->by_end.room)
        return 0;
    for (size_t at = (size_t)hash_end(0, end) & mask; media->by_end.slots[at]; at = (at + 1) & mask)
        if (vl_packet_same_end(&media->ends[media->by_end.slots[at] - 1].end, end))
            return media->by_end.slots[at];
    return 0;
}

void vl_media_announce(struct vl_media *media, const struct vl_endpoint *end, const struct vl_media_map *maps,
                       size_t count)
{
    size_t index = find_end(media, end);
    struct announced *announced;

    if (!index) {
        if (media->by_end.used >= MOST_ENDS ||
            !grow(&media->by_end, &media->ends, &media->end_room, sizeof(*media->ends), hash_nth_end))
            return;
        index = media->by_end.used + 1;
        media->ends[index - 1] = (struct announced){ .end = *end };
        put(&media->by_end, hash_end(0, end), (uint32_t)index);
    }
    announced = &media->ends[index - 1];
    announced->map_count = count < MOST_MAPS ? count : MOST_MAPS;
    for (size_t i = 0; i < announced->map_count; i++)
        announced->maps[i] = maps[i];
}

/* RFC 3551, 6, as far as telephones go. */
static const struct vl_media_map fixed[] = {
    { 0, "PCMU", 8000 }, { 3, "GSM", 8000 }, { 4, "G723", 8000 },  { 8, "PCMA", 8000 },
    { 9, "G722", 8000 }, { 13, "CN", 8000 }, { 15, "G728", 8000 }, { 18, "G729", 8000 },
};

/* What a payload type is; `maps` of an SDP come first. NULL: nobody said. */
static const struct vl_media_map *find_map(const struct vl_media *media, size_t announced, unsigned type)
{
    const struct announced *end = announced ? &media->ends[announced - 1] : NULL;

    for (size_t i = 0; end && i < end->map_count; i++)
        if (end->maps[i].type == type)
            return &end->maps[i];
    for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
        if (fixed[i].type == type)
            return &fixed[i];
    return NULL;
}

/* RTP of version 2 that is no RTCP, whose types from 200 on look like 72 to 76 with a marker (RFC 5761). */
static bool read_header(const struct vl_packet *packet, struct vl_media_header *header, size_t *ret_sound)
{
    const uint8_t *at = packet->payload;
    size_t length = packet->length, front;

    if (packet->tcp || length < 12 || at[0] >> 6 != 2)
        return false;
    *header = (struct vl_media_header){
        .type = at[1] & 0x7fU,
        .marker = at[1] >> 7,
        .number = (uint16_t)(at[2] << 8 | at[3]),
        .stamp = (uint32_t)at[4] << 24 | (uint32_t)at[5] << 16 | (uint32_t)at[6] << 8 | at[7],
        .ssrc = (uint32_t)at[8] << 24 | (uint32_t)at[9] << 16 | (uint32_t)at[10] << 8 | at[11],
    };
    front = 12 + 4 * (size_t)(at[0] & 0x0f);
    if (at[0] & 0x10 && front + 4 <= length)
        front += 4 + 4 * (size_t)(at[front + 2] << 8 | at[front + 3]);
    *ret_sound = front < length ? length - front : 0;
    return header->type < 64 || header->type >= 96;
}

static struct stream *find_stream(struct vl_media *media, const struct vl_packet *packet, uint32_t ssrc)
{
    uint64_t hash = hash_stream(&packet->from, &packet->to, ssrc);
    size_t mask = media->by_stream.room - 1;
    struct stream *stream;

    for (size_t at = (size_t)hash & mask; media->by_stream.room && media->by_stream.slots[at]; at = (at + 1) & mask) {
        stream = &media->streams[media->by_stream.slots[at] - 1];
        if (stream->ssrc == ssrc && vl_packet_same_end(&stream->to, &packet->to) &&
            vl_packet_same_end(&stream->from, &packet->from))
            return stream;
    }
    if (media->by_stream.used >= VL_MEDIA_MOST_STREAMS ||
        !grow(&media->by_stream, &media->streams, &media->stream_room, sizeof(*media->streams), hash_nth_stream))
        return NULL;
    stream = &media->streams[media->by_stream.used];
    *stream = (struct stream){
        .from = packet->from, .to = packet->to, .ssrc = ssrc, .type = NO_TYPE, .first_ns = packet->time_ns
    };
    put(&media->by_stream, hash, (uint32_t)media->by_stream.used + 1);
    return stream;
}

/* The packet's type is another one than before: what it is. Keys that no SDP announced are known by their four bytes.
 */
static enum vl_media_kind change_type(struct vl_media *media, struct stream *stream, unsigned type, size_t sound)
{
    const struct vl_media_map *map;

    if (!stream->announced)
        stream->announced = find_end(media, &stream->to);
    map = find_map(media, stream->announced, type);
    if (!map)
        map = find_map(media, find_end(media, &stream->from), type);
    if (map ? !strcasecmp(map->name, "telephone-event") : type >= 96 && sound == 4)
        return VL_MEDIA_EVENT;
    if (map && !strcasecmp(map->name, "CN"))
        return VL_MEDIA_NOISE;
    stream->type_changes += stream->type != NO_TYPE;
    stream->type_now = type;
    stream->rate = map && map->rate ? map->rate : 8000;
    if (stream->type == NO_TYPE) {
        stream->type = type;
        if (map)
            (void)snprintf(stream->name, sizeof(stream->name), "%s", map->name);
        else
            (void)snprintf(stream->name, sizeof(stream->name), "type %u", type);
    }
    return VL_MEDIA_SOUND;
}

static uint64_t came_of(const struct vl_media_count *count)
{
    return count->packets - count->duplicates - count->strays;
}

/* What no SDP announced counts once it has looked like RTP for a while. */
static void add_to_sum(struct vl_media_sum *sum, const struct stream *stream, const struct vl_media_count *before)
{
    uint64_t expected = vl_media_expected(&stream->count), was = vl_media_expected(before);

    if (!stream->announced && stream->count.in_order < LIKELY)
        return;
    sum->expected += expected > was ? expected - was : 0;
    sum->came += came_of(&stream->count) - came_of(before);
    memcpy(sum->codec, stream->name, sizeof(sum->codec));
    sum->packet_ms = stream->rate ? 1000.0 * stream->count.step / stream->rate : 0;
}

const struct vl_media_sum *vl_media_sum(const struct vl_media *media)
{
    return &media->sum;
}

bool vl_media_add(struct vl_media *media, const struct vl_packet *packet)
{
    struct vl_media_count before;
    struct vl_media_header header;
    enum vl_media_kind kind = VL_MEDIA_SOUND;
    struct stream *stream;
    size_t sound;

    if (!read_header(packet, &header, &sound))
        return false;
    stream = find_stream(media, packet, header.ssrc);
    if (!stream) {
        media->uncounted++;
        return true;
    }
    if (stream->type == NO_TYPE || stream->type_now != header.type)
        kind = change_type(media, stream, header.type, sound);
    stream->last_ns = packet->time_ns;
    before = stream->count;
    vl_media_count(&stream->count, &header, kind, packet->time_ns, stream->rate ? stream->rate : 8000);
    add_to_sum(&media->sum, stream, &before);
    return true;
}

static bool is_one(const struct vl_media *media, const struct stream *stream)
{
    if (stream->announced || find_end(media, &stream->to) || find_end(media, &stream->from))
        return true;
    return stream->count.in_order >= LIKELY && stream->count.in_order >= stream->count.packets / 2;
}

size_t vl_media_streams(const struct vl_media *media, uint64_t *ret_uncounted)
{
    size_t count = 0;

    for (size_t i = 0; i < media->by_stream.used; i++)
        count += is_one(media, &media->streams[i]);
    if (ret_uncounted)
        *ret_uncounted = media->uncounted;
    return count;
}

/* BurstR (G.107, 3.2): the mean length of what was lost in a row, beside that of losses at random. */
static double burst_ratio(const struct vl_media_count *count, double loss)
{
    double mean = count->bursts ? (double)count->in_bursts / (double)count->bursts : 1;

    return fmax(1, mean * (1 - loss));
}

static void estimate(struct vl_media_figures *figures)
{
    struct vl_mos plain;

    /* the way itself cannot be seen from one place: a packet's own length, and a buffer of two */
    figures->inputs = (struct vl_mos_inputs){
        .codec = vl_mos_codec(figures->codec),
        .loss_percent = figures->loss_percent,
        .burst = figures->burst,
        .delay_ms = 3 * (figures->packet_ms > 0 ? figures->packet_ms : 20),
    };
    figures->estimated = figures->packets && vl_mos_estimate(&figures->inputs, &figures->mos);
    figures->inputs.plain = true;
    (void)vl_mos_estimate(&figures->inputs, &plain);
    figures->inputs.plain = false;
    figures->mos_plain = plain.mos;
}

static void fill(const struct vl_media *media, const struct stream *stream, struct vl_media_figures *figures)
{
    const struct vl_media_count *count = &stream->count;
    uint64_t came = came_of(count);

    *figures = (struct vl_media_figures){
        .from = stream->from,
        .to = stream->to,
        .ssrc = stream->ssrc,
        .codec = stream->name,
        .type = stream->type,
        .announced = stream->announced || find_end(media, &stream->to) || find_end(media, &stream->from),
        .packets = count->packets,
        .expected = vl_media_expected(count),
        .duplicates = count->duplicates,
        .reordered = count->reordered,
        .restarts = count->restarts,
        .type_changes = stream->type_changes,
        .events = count->events,
        .jitter_mean_ms = count->jitter_count ? 1000 * count->jitter_sum / (double)count->jitter_count : 0,
        .jitter_max_ms = 1000 * count->jitter_max,
        .gap_max_ms = 1000 * count->gap_max,
        .packet_ms = stream->rate ? 1000.0 * count->step / stream->rate : 0,
        .first_ns = stream->first_ns,
        .last_ns = stream->last_ns,
    };
    figures->lost = figures->expected > came ? figures->expected - came : 0;
    figures->loss_percent = figures->expected ? 100.0 * (double)figures->lost / (double)figures->expected : 0;
    figures->burst = burst_ratio(count, figures->loss_percent / 100);
}

bool vl_media_next(const struct vl_media *media, size_t *cursor, struct vl_media_figures *ret_figures)
{
    while (*cursor < media->by_stream.used) {
        const struct stream *stream = &media->streams[(*cursor)++];

        if (is_one(media, stream)) {
            fill(media, stream, ret_figures);
            estimate(ret_figures);
            return true;
        }
    }
    return false;
}
