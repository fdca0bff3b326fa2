/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sipp/scenario.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/own.h"

enum { SCENARIO_LIMIT = 1 << 20, SAMPLES_A_SECOND = 8000, TONE_HERTZ = 440 };

#define TALK_BEGINS "<!-- talk -->"
#define TALK_ENDS "<!-- end of talk -->"
#define KEY_BEGINS "<!-- key -->"
#define KEY_ENDS "<!-- end of key -->"
#define KEY_FIELD "KEY_FIELD"

const struct vl_scenario vl_scenarios[] = {
    { .name = "call", .file = "call.xml", .summary = "a call without sound, which the caller ends" },
    { .name = "media",
      .file = "call.xml",
      .talk = "talk-media.xml",
      .summary = "a call with a tone in G.711 mu-law, which the caller ends",
      .sends = true },
    { .name = "callee-bye",
      .file = "call.xml",
      .talk = "talk-callee-bye.xml",
      .answer = "answer-bye.xml",
      .summary = "a call without sound, which the side that was called ends",
      .waits = true },
    { .name = "pin",
      .file = "call.xml",
      .talk = "talk-pin.xml",
      .summary = "a call without sound, which types the PIN that is asked for, and which the caller ends",
      .types = true },
    { .name = "register", .file = "register.xml", .summary = "a registration for a minute", .registers = true },
    { .name = "reregister",
      .file = "register.xml",
      .talk = "talk-reregister.xml",
      .summary = "a registration for a minute, and after the hold once more",
      .registers = true },
    { .name = NULL },
};

const struct vl_scenario *vl_scenario_find(const char *name)
{
    for (const struct vl_scenario *row = vl_scenarios; row->name; row++)
        if (!strcmp(row->name, name))
            return row;
    return NULL;
}

const char *vl_scenario_read(struct vl_arena *arena, const char *file, struct vl_error *err)
{
    VL_FREE char *text = NULL;
    const char *kept;

    if (vl_own_read(file, SCENARIO_LIMIT, VL_OWN_WORD, &text, NULL, err) < 0)
        return NULL;
    kept = vl_arena_strdup(arena, text);
    return vl_arena_check(arena, err) < 0 ? NULL : kept;
}

/* Where a part begins and what is behind it. */
struct part {
    const char *begin, *end, *after;
};

static bool find_part(const char *text, const char *begins, const char *ends, struct part *ret)
{
    ret->begin = strstr(text, begins);
    ret->end = ret->begin ? strstr(ret->begin, ends) : NULL;
    ret->after = ret->end ? ret->end + strlen(ends) : NULL;
    return ret->after;
}

/* `file` of the directory, with the talk of another file of it when there is one. */
static const char *composed(struct vl_arena *arena, const char *directory, const char *file, const char *talk_file,
                            struct vl_error *err)
{
    const char *whole = vl_scenario_read(arena, vl_arena_printf(arena, "%s/%s", directory, file), err), *talk;
    struct part part;

    if (!whole || !talk_file)
        return whole;
    talk = vl_scenario_read(arena, vl_arena_printf(arena, "%s/%s", directory, talk_file), err);
    if (!talk)
        return NULL;
    if (!find_part(whole, TALK_BEGINS, TALK_ENDS, &part)) {
        (void)vl_fail(err, VL_ERROR_FAILED, "'%s/%s' has no '%s' with '%s' behind it", directory, file, TALK_BEGINS,
                      TALK_ENDS);
        return NULL;
    }
    return vl_arena_printf(arena, "%.*s%s%s", (int)(part.begin - whole), whole, talk, part.after);
}

/* The part of one key, with the number of its field where it has the word for it. */
static void put_key(struct vl_buf *out, const struct part *part, size_t field)
{
    const char *at = part->begin + strlen(KEY_BEGINS), *word;

    for (; (word = strstr(at, KEY_FIELD)) && word < part->end; at = word + strlen(KEY_FIELD)) {
        vl_buf_add(out, at, (size_t)(word - at));
        vl_buf_printf(out, "%zu", field);
    }
    vl_buf_add(out, at, (size_t)(part->end - at));
}

static const char *with_keys(struct vl_arena *arena, const char *text, size_t keys)
{
    VL_BUF_AUTO out = VL_BUF_INIT;
    struct part part;

    if (!find_part(text, KEY_BEGINS, KEY_ENDS, &part))
        return text;
    vl_buf_add(&out, text, (size_t)(part.begin - text));
    for (size_t i = 0; i < keys; i++)
        put_key(&out, &part, VL_SIPP_FIELD_KEYS + i);
    vl_buf_puts(&out, part.after);
    arena->failed |= out.failed;
    return vl_arena_strdup(arena, vl_buf_text(&out));
}

const char *vl_scenario_text(struct vl_arena *arena, const struct vl_scenario *scenario, const char *directory,
                             size_t keys, struct vl_error *err)
{
    const char *text = composed(arena, directory, scenario->file, scenario->talk, err);

    if (text)
        text = with_keys(arena, text, keys);
    return text && vl_arena_check(arena, err) < 0 ? NULL : text;
}

const char *vl_scenario_answer_text(struct vl_arena *arena, const struct vl_scenario *scenario, const char *directory,
                                    struct vl_error *err)
{
    const char *text = composed(arena, directory, "answer.xml", scenario->answer, err);

    return text && vl_arena_check(arena, err) < 0 ? NULL : text;
}

static size_t count(const char *text, const char *what)
{
    size_t found = 0;

    for (; (text = strstr(text, what)); text += strlen(what))
        found++;
    return found;
}

bool vl_scenario_tells_copies(const char *text)
{
    size_t answers = count(text, "<recv response") + count(text, "<recv\n");

    return count(text, "response_txn=") >= answers && (!answers || count(text, "start_txn="));
}

/* ITU-T G.711: the sign, the segment, the step in it, all bits inverted. */
static unsigned char mu_law(int sample)
{
    enum { BIAS = 132 };
    int magnitude = (sample < 0 ? -sample : sample) + BIAS, segment = 7;

    while (segment && !(magnitude & (128 << segment)))
        segment--;
    return (unsigned char)~((sample < 0 ? 128 : 0) | segment << 4 | (magnitude >> (segment + 3) & 15));
}

void vl_sipp_tone(unsigned char ret_samples[static VL_SIPP_TONE_LENGTH])
{
    static const double loudest = 32124, pi = 3.14159265358979323846;

    for (int i = 0; i < VL_SIPP_TONE_LENGTH; i++)
        ret_samples[i] = mu_law((int)lround(loudest / 10 * sin(2 * pi * TONE_HERTZ * i / SAMPLES_A_SECOND)));
}
