/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dialplan/application.h"

#include <strings.h>

#include "base/cleanup.h"

/* Where somebody dials in a menu. */
static const struct vl_place_slot menu[] = { { 3, '\0', VL_FORM_CONTEXT, VL_JUMP_GOTO, false } };
static const struct vl_place_slot second[] = { { 1, '\0', VL_FORM_CONTEXT, VL_JUMP_GOTO, false } };
static const struct vl_place_slot greeting[] = { { 1, 'd', VL_FORM_CONTEXT, VL_JUMP_GOTO, false } };

static const struct vl_place_slot bridged[] = { { 1, 'F', VL_FORM_PLACE, VL_JUMP_GOTO, false } };
static const struct vl_place_slot redirected[] = { { 1, '\0', VL_FORM_REST, VL_JUMP_GOTO, false } };
static const struct vl_place_slot originated[] = { { 1, '\0', VL_FORM_ORIGINATE, VL_JUMP_GOTO, false } };

/* Routines of whoever is called, and of the call itself, before the telephones ring. */
static const struct vl_place_slot ringing[] = {
    { 1, 'b', VL_FORM_PLACE, VL_JUMP_GOSUB, false },
    { 1, 'B', VL_FORM_PLACE, VL_JUMP_GOSUB, true },
};

static const struct vl_place_slot dialled[] = {
    { 2, 'b', VL_FORM_PLACE, VL_JUMP_GOSUB, false }, { 2, 'B', VL_FORM_PLACE, VL_JUMP_GOSUB, true },
    { 2, 'F', VL_FORM_PLACE, VL_JUMP_GOTO, false },  { 2, 'G', VL_FORM_PLACE, VL_JUMP_GOTO, false },
    { 2, 'M', VL_FORM_MACRO, VL_JUMP_MACRO, false }, { 2, 'U', VL_FORM_ROUTINE, VL_JUMP_GOSUB, false },
};

static const struct vl_place_slot queued[] = {
    { 6, '\0', VL_FORM_MACRO, VL_JUMP_MACRO, false },
    { 7, '\0', VL_FORM_ROUTINE, VL_JUMP_GOSUB, false },
};

#define SLOTS(rows) .slots = (rows), .slot_count = VL_COUNT(rows)

/* By name. Arguments and options are those of Asterisk 16. */
const struct vl_application vl_applications[] = {
    { "AddQueueMember", .devices = 2 },
    { "AGI", .effect = VL_EFFECT_PROGRAM, .asks = true },
    { "Answer", .silent = true },
    { "Authenticate", .effect = VL_EFFECT_PIN, .silent = true, .parts = true },
    { "BackGround", .parts = true, SLOTS(menu) },
    { "Bridge", SLOTS(bridged) },
    { "Busy", .effect = VL_EFFECT_TONE },
    { "ChanIsAvail", .devices = 1 },
    { "ChannelRedirect", .devices = 1, SLOTS(redirected) },
    { "Congestion", .effect = VL_EFFECT_TONE },
    { "ContinueWhile", .effect = VL_EFFECT_LOOP, .silent = true },
    { "DeadAGI", .effect = VL_EFFECT_PROGRAM, .asks = true },
    { "Dial", .effect = VL_EFFECT_DIAL, .parts = true, .devices = 1, SLOTS(dialled) },
    { "Directory", .parts = true, SLOTS(second) },
    { "DISA", .asks = true, SLOTS(second) },
    { "EAGI", .effect = VL_EFFECT_PROGRAM, .asks = true },
    { "EndWhile", .effect = VL_EFFECT_LOOP, .silent = true },
    { "Exec", .effect = VL_EFFECT_EXEC, .silent = true },
    { "ExecIf", .effect = VL_EFFECT_EXEC, .when = VL_WHEN_CONDITION, .marks = VL_MARKS_OUTSIDE, .silent = true },
    { "ExecIfTime", .effect = VL_EFFECT_EXEC, .when = VL_WHEN_TIME, .marks = VL_MARKS_QUESTION, .silent = true },
    { "ExitWhile", .effect = VL_EFFECT_LOOP, .silent = true },
    { "FastAGI", .effect = VL_EFFECT_PROGRAM, .asks = true },
    { "FollowMe", SLOTS(ringing) },
    { "Gosub", .effect = VL_EFFECT_GOSUB, .silent = true, .parts = true },
    { "GosubIf", .effect = VL_EFFECT_GOSUB, .when = VL_WHEN_CONDITION, .marks = VL_MARKS_OUTSIDE, .silent = true },
    { "Goto", .effect = VL_EFFECT_GOTO, .silent = true, .parts = true },
    { "GotoIf", .effect = VL_EFFECT_GOTO, .when = VL_WHEN_CONDITION, .marks = VL_MARKS_FIRST, .silent = true },
    { "GotoIfTime", .effect = VL_EFFECT_GOTO, .when = VL_WHEN_TIME, .marks = VL_MARKS_FIRST, .silent = true },
    { "Hangup", .effect = VL_EFFECT_HANGUP, .silent = true },
    { "Log", .silent = true },
    { "Macro", .effect = VL_EFFECT_MACRO, .silent = true, .parts = true },
    { "MacroExclusive", .effect = VL_EFFECT_MACRO, .silent = true },
    { "MacroExit", .effect = VL_EFFECT_MACRO_EXIT, .silent = true },
    { "MacroIf", .effect = VL_EFFECT_MACRO, .when = VL_WHEN_CONDITION, .marks = VL_MARKS_FIRST, .silent = true },
    { "MeetMe", .parts = true },
    { "MSet", .effect = VL_EFFECT_SET_MANY, .silent = true },
    { "NoOp", .silent = true },
    { "Originate", .devices = 1, SLOTS(originated) },
    { "Page", .devices = 1, SLOTS(ringing) },
    { "Playback", .parts = true },
    { "Progress", .silent = true },
    { "Queue", .asks = true, .parts = true, SLOTS(queued) },
    { "Read", .effect = VL_EFFECT_READ, .asks = true, .parts = true },
    { "Record", .parts = true },
    { "RetryDial", .effect = VL_EFFECT_DIAL, .parts = true, .devices = 4, SLOTS(dialled) },
    { "Return", .effect = VL_EFFECT_RETURN, .silent = true },
    { "Ringing", .silent = true },
    { "Set", .effect = VL_EFFECT_SET, .silent = true },
    { "SetGlobalVar", .effect = VL_EFFECT_SET_ONCE },
    { "SetVar", .effect = VL_EFFECT_SET_ONCE },
    { "StackPop", .effect = VL_EFFECT_POP, .silent = true },
    { "Stasis", .effect = VL_EFFECT_PROGRAM, .asks = true },
    { "System", .asks = true },
    { "TryExec", .effect = VL_EFFECT_TRY_EXEC, .silent = true },
    { "TrySystem", .asks = true },
    { "Verbose", .silent = true },
    { "VMAuthenticate", .effect = VL_EFFECT_PIN },
    { "VoiceMail", .parts = true, .mailboxes = true, SLOTS(greeting) },
    { "VoiceMailMain", .parts = true, .mailboxes = true },
    { "Wait", .silent = true },
    { "WaitExten", .effect = VL_EFFECT_WAIT_EXTEN, .parts = true },
    { "While", .effect = VL_EFFECT_LOOP, .silent = true },
};
const size_t vl_application_count = VL_COUNT(vl_applications);

const struct vl_application *vl_application(const char *name)
{
    static const struct vl_application none = { .name = "" };

    for (size_t i = 0; i < VL_COUNT(vl_applications); i++)
        if (!strcasecmp(vl_applications[i].name, name))
            return &vl_applications[i];
    return &none;
}

bool vl_application_leaves(const struct vl_application *application)
{
    switch (application->effect) {
    case VL_EFFECT_GOTO:
        return application->when == VL_WHEN_ALWAYS;
    case VL_EFFECT_RETURN:
    case VL_EFFECT_MACRO_EXIT:
    case VL_EFFECT_HANGUP:
    case VL_EFFECT_TONE:
        return true;
    default:
        return false;
    }
}

bool vl_application_jumps(const struct vl_application *application)
{
    return application->effect == VL_EFFECT_GOTO || application->effect == VL_EFFECT_GOSUB ||
           application->effect == VL_EFFECT_MACRO;
}

bool vl_application_calls(const struct vl_application *application)
{
    return application->effect == VL_EFFECT_EXEC || application->effect == VL_EFFECT_TRY_EXEC;
}

bool vl_application_sets(const struct vl_application *application)
{
    return application->effect == VL_EFFECT_SET || application->effect == VL_EFFECT_SET_MANY ||
           application->effect == VL_EFFECT_SET_ONCE;
}
