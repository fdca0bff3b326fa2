/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trace/show.h"

#include <string.h>

static void add_position(struct vl_json *json, struct vl_position at)
{
    vl_json_string(json, "file", at.file);
    vl_json_number(json, "line", at.line);
}

static void add_extension(struct vl_json *json, const char *key, const struct vl_extension *extension)
{
    vl_json_object(json, key);
    vl_json_string(json, "context", extension->context->name);
    vl_json_string(json, "extension", extension->name);
    if (extension->callerid)
        vl_json_string(json, "callerid", extension->callerid);
    vl_json_array(json, "priorities");
    for (size_t i = 0; i < extension->priority_count; i++)
        vl_json_number(json, NULL, extension->priorities[i].number);
    vl_json_end(json);
    add_position(json, extension->at);
}

void vl_show_search_json(struct vl_json *json, const struct vl_query *query, const struct vl_search *search)
{
    vl_json_string(json, "number", query->number);
    vl_json_string(json, "context", query->context);
    if (query->callerid && *query->callerid)
        vl_json_string(json, "callerid", query->callerid);
    vl_json_array(json, "candidates");
    for (size_t i = 0; i < search->candidate_count; i++) {
        const struct vl_candidate *candidate = &search->candidates[i];

        add_extension(json, NULL, candidate->extension);
        vl_json_string(json, "fate", vl_fate_text(candidate->fate));
        vl_json_end(json);
    }
    vl_json_end(json);
    if (search->match) {
        add_extension(json, "match", search->match->extension);
        vl_json_end(json);
    } else {
        vl_json_null(json, "match");
    }
    if (search->asked)
        vl_json_string(json, "switch", search->asked->context->switches[0].name);
}

static void add_steps(struct vl_json *json, const struct vl_show *show)
{
    vl_json_array(json, "steps");
    for (size_t i = 0; i < show->step_count; i++) {
        const struct vl_show_step *step = &show->steps[i];

        vl_json_object(json, NULL);
        vl_json_number(json, "depth", step->depth);
        vl_json_string(json, "context", step->extension->context->name);
        vl_json_string(json, "extension", step->extension->name);
        vl_json_number(json, "priority", step->priority->number);
        vl_json_string(json, "application", step->priority->application);
        vl_json_string(json, "arguments", step->arguments);
        if (strcmp(step->filled, step->arguments) != 0)
            vl_json_string(json, "filled", step->filled);
        if (step->note)
            vl_json_string(json, "note", step->note);
        add_position(json, step->priority->at);
        vl_json_end(json);
    }
    vl_json_end(json);
}

static void add_texts(struct vl_json *json, const char *key, const char *const *texts, size_t count)
{
    vl_json_array(json, key);
    for (size_t i = 0; i < count; i++)
        vl_json_string(json, NULL, texts[i]);
    vl_json_end(json);
}

void vl_show_json(struct vl_json *json, const struct vl_show *show)
{
    vl_show_search_json(json, &show->query, &show->search);
    vl_json_string(json, "way", show->way);
    vl_json_bool(json, "pin", show->pin);
    add_texts(json, "channels", show->dials, show->dial_count);
    add_texts(json, "assumed", show->assumed, show->assumed_count);
    add_steps(json, show);
    vl_json_string(json, "end", show->end);
}
