/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What functions are asked with: too little of it, a word that they do not know, and parts of values,
 * ${NAME:OFFSET:LENGTH}, whose numbers are none. Only what stands in the plan counts; what is filled in may bring
 * commas and words of its own.
 */
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "dialplan/expression.h"
#include "lint/part.h"

/* Seen in a running Asterisk 16: with less than that what the function gives is empty. */
static const struct need {
    const char *name;
    char mark; /* between its arguments */
    unsigned char least;
    const char *form;
    bool ends; /* Asterisk itself */
} needs[] = {
    { "CUT", ',', 3, "CUT(NAME,MARK,RANGE)", false },
    { "DB", '/', 2, "DB(FAMILY/KEY)", false },
    { "DB_DELETE", '/', 2, "DB_DELETE(FAMILY/KEY)", false },
    { "DB_EXISTS", '/', 2, "DB_EXISTS(FAMILY/KEY)", false },
    { "DEC", ',', 1, "DEC(NAME)", false },
    { "DIALPLAN_EXISTS", ',', 1, "DIALPLAN_EXISTS(CONTEXT[,EXTENSION[,PRIORITY]])", false },
    { "ENUMRESULT", ',', 2, "ENUMRESULT(ID,NUMBER)", false },
    { "EXTENSION_STATE", ',', 1, "EXTENSION_STATE(EXTENSION@CONTEXT)", false },
    { "FIELDNUM", ',', 3, "FIELDNUM(NAME,MARK,VALUE)", false },
    { "FILTER", ',', 2, "FILTER(ALLOWED,TEXT)", false },
    { "HINT", ',', 1, "HINT(EXTENSION@CONTEXT)", false },
    { "IF", '?', 2, "IF(CONDITION?YES:NO)", false },
    { "IFTIME", '?', 2, "IFTIME(TIMES?YES:NO)", false },
    { "INC", ',', 1, "INC(NAME)", false },
    { "LISTFILTER", ',', 3, "LISTFILTER(NAME,MARK,VALUE)", false },
    { "LOCAL_PEEK", ',', 2, "LOCAL_PEEK(NUMBER,NAME)", false },
    { "MATH", ',', 1, "MATH(NUMBER OPERATOR NUMBER[,TYPE])", false },
    { "MD5", ',', 1, "MD5(TEXT)", false },
    { "POP", ',', 1, "POP(NAME,MARK)", false },
    { "REPLACE", ',', 2, "REPLACE(NAME,CHARACTERS[,CHARACTER])", false },
    { "SET", '=', 2, "SET(NAME=VALUE)", false },
    { "SHARED", ',', 1, "SHARED(NAME[,CHANNEL])", false },
    { "SHIFT", ',', 1, "SHIFT(NAME,MARK)", false },
    { "SPRINTF", ',', 1, "SPRINTF(FORMAT,VALUE...)", true },
    { "STACK_PEEK", ',', 2, "STACK_PEEK(NUMBER,WHAT)", false },
    { "STRBETWEEN", ',', 2, "STRBETWEEN(NAME,TEXT)", false },
    { "STRPTIME", ',', 3, "STRPTIME(TIME,ZONE,FORMAT)", false },
    { "STRREPLACE", ',', 2, "STRREPLACE(NAME,TEXT[,TEXT])", false },
    { "VALID_EXTEN", ',', 2, "VALID_EXTEN([CONTEXT],EXTENSION[,PRIORITY])", false },
};

/* Functions whose first argument is one of some words, without regard to case. Behind a word with `*` anything may
 * follow. */
static const struct choice {
    const char *name, *words;
    bool parted; /* only what stands before the first '-' counts */
    bool open;   /* the driver of the channel may know more of them */
} choices[] = {
    { "AGC", "rx tx", false, false },
    { "CALLERID", "all name num* ani ani2 dnid rdnis pres* tag ton priv subaddr*", true, false },
    { "CHANNEL",
      "accountcode after_bridge_goto amaflags aor appdata appname audionativeformat audioreadformat audiowriteformat "
      "buffers callgroup callid channame channeltype checkhangup contact context dahdi_channel dahdi_group dahdi_span "
      "dahdi_type dtmf_features echocan_mode endpoint exten from hangup_handler_pop hangup_handler_push "
      "hangup_handler_wipe hangupsource keypad_digits language lastcontext lastexten linkedid max_forwards musicclass "
      "name namedcallgroup namedpickupgroup no_media_path onhold osptoken parkinglot peer peeraccount peerip peername "
      "pickupgroup pjsip recvip recvport reversecharge rtcp rtp rtpdest rtpqos rtpsource ruri rxgain "
      "secure_bridge_media secure_bridge_signaling secure_media secure_signaling state t38passthrough tonezone trace "
      "transfercapability transport txgain uniqueid uri useragent userfield videonativeformat",
      false, true },
    { "CONNECTEDLINE", "all name num* subaddr* tag ton pres* source priv", true, false },
    { "DENOISE", "rx tx", false, false },
    { "REDIRECTING", "orig from to pres* reason count priv", true, false },
    { "SYSINFO", "loadavg numcalls uptime totalram freeram bufferram totalswap freeswap numprocs", false, false },
    { "TIMEOUT", "absolute response digit a* r* d*", false, false },
    { "VOLUME", "rx tx", false, false },
};

static size_t count_arguments(struct vl_arena *arena, const char *text, char mark)
{
    size_t count;

    if (!text[strspn(text, " \t")])
        return 0;
    if (mark == ',')
        (void)vl_jump_values(arena, text, &count);
    else
        count = strchr(text, mark) ? 2 : 1;
    return count;
}

static void check_count(struct vl_lint *lint, const struct vl_lint_call *call, const char *name, const char *text,
                        bool set)
{
    for (size_t i = 0; i < VL_COUNT(needs); i++) {
        const struct need *need = &needs[i];

        if (strcmp(need->name, name) != 0 || count_arguments(lint->arena, text, need->mark) >= need->least)
            continue;
        vl_lint_add(lint, VL_RULE_FUNCTION_SHORT, &call->step->at, call->extension, NULL,
                    "%s(%s) has too little between its brackets, and %s: %s", name, text,
                    need->ends ? "ends Asterisk itself"
                    : set      ? "sets nothing"
                               : "is empty",
                    need->form);
    }
}

/* Whether the word is one of a list, of which some stand for all that begin so. */
static bool is_word(const char *const *words, const char *word, size_t length)
{
    for (; *words; words++) {
        size_t wanted = strlen(*words);

        if ((*words)[wanted - 1] == '*' ? length + 1 >= wanted && !strncasecmp(*words, word, wanted - 1)
                                        : wanted == length && !strncasecmp(*words, word, length))
            return true;
    }
    return false;
}

static void check_word(struct vl_lint *lint, const struct vl_lint_call *call, const char *name, const char *text,
                       bool set)
{
    for (size_t i = 0; i < VL_COUNT(choices); i++) {
        const struct choice *choice = &choices[i];
        const char *const *words = vl_text_split(lint->arena, choice->words, " ");
        size_t length = strcspn(text, choice->parted ? ",-" : ",");
        const char *word = vl_text_strip(vl_arena_strndup(lint->arena, text, length)), *near;

        if (strcmp(choice->name, name) != 0 || !words || is_word(words, word, strlen(word)))
            continue;
        near = *word ? vl_text_nearest(word, words) : NULL;
        if (near)
            vl_lint_add(lint, VL_RULE_FUNCTION_WORD, &call->step->at, call->extension, NULL,
                        "%s knows no '%s', and %s; did you mean '%.*s'?", name, word,
                        set ? "nothing is set" : "is empty", (int)strcspn(near, "*"), near);
        else
            vl_lint_add_as(lint, VL_RULE_FUNCTION_WORD, choice->open ? VL_SEVERITY_NOTICE : VL_SEVERITY_WARNING,
                           &call->step->at, call->extension, NULL, "%s knows no '%s', and %s%s", name, word,
                           set ? "nothing is set" : "is empty",
                           choice->open ? " unless the driver of the channel knows it" : "");
    }
}

/* A function, NAME(ARGUMENTS), at this place. */
static void check_function(struct vl_lint *lint, const struct vl_lint_call *call, const char *name, const char *text,
                           bool set)
{
    const char *inside = vl_arena_strndup(lint->arena, text, vl_call_length(text));

    if (!strchr(inside, '$'))
        check_count(lint, call, name, inside, set);
    if (!strchr(inside, '$') || strcspn(inside, ",") < strcspn(inside, "$"))
        check_word(lint, call, name, inside, set);
}

/* Where the ':' stands that cuts a part out of a value, outside of parentheses; NULL: nowhere. */
static const char *find_part(const char *text)
{
    int depth = 0;

    for (; *text; text++) {
        depth += (*text == '(') - (*text == ')');
        if (*text == ':' && !depth)
            return text + 1;
    }
    return NULL;
}

/* Whether Asterisk reads all of it as a number, if there is anything. */
static bool is_number(const char *text, size_t length)
{
    size_t blanks = strspn(text, " \t"), sign = 0, digits;

    if (!length)
        return true;
    if (blanks < length)
        sign = text[blanks] == '-' || text[blanks] == '+';
    digits = strspn(text + blanks + sign, "0123456789");
    return blanks < length && digits && blanks + sign + digits == length;
}

/* What stands in one ${…}, which holds no other. */
static void check_part(struct vl_lint *lint, const struct vl_lint_call *call, const char *text)
{
    const char *offset = find_part(text), *length;
    size_t first, second;

    if (!offset)
        return;
    first = strcspn(offset, ":");
    length = offset[first] ? offset + first + 1 : "";
    second = strcspn(length, ":");
    if (!is_number(offset, first))
        vl_lint_add(lint, VL_RULE_PART, &call->step->at, call->extension, NULL,
                    "'%.*s' in ${%s} is no number, and %s; ${NAME:OFFSET:LENGTH} cuts a part out of a value",
                    (int)first, offset, text,
                    strspn(offset + strspn(offset, " \t+-"), "0123456789") ? "only its digits count"
                                                                           : "the value stays whole");
    else if (second && (!first || !is_number(length, second)))
        vl_lint_add(lint, VL_RULE_PART, &call->step->at, call->extension, NULL, "the length '%.*s' in ${%s} %s",
                    (int)second, length, text,
                    first ? "is no number" : "does not count where no offset stands before it: write 0");
}

static void check_references(struct vl_lint *lint, const struct vl_lint_call *call, const char *text)
{
    for (; *text; text++) {
        size_t length = vl_reference_length(text);
        const char *inside;

        if (length < 3 || text[length - 1] != (text[1] == '{' ? '}' : ']'))
            continue;
        inside = vl_arena_strndup(lint->arena, text + 2, length - 3);
        if (text[1] == '{' && !strchr(inside, '$'))
            check_part(lint, call, inside);
        check_references(lint, call, inside);
        text += length - 1;
    }
}

void vl_lint_check_arguments(struct vl_lint *lint)
{
    for (size_t i = 0; i < lint->call_count && !vl_lint_stopped(lint); i++) {
        const struct vl_lint_call *call = &lint->calls[i];
        const char *position = NULL, *name;
        bool set;

        while ((name = vl_lint_next_function(lint, call, &position, &set))) {
            const char *start = set ? position + strspn(position, " ") : position;

            check_function(lint, call, name, start + strlen(name) + 1, set);
        }
        if (!call->nested)
            check_references(lint, call, call->arguments);
    }
}
