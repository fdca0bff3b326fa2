/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dialplan/application.h"

#include <string.h>
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

/* Whoever rings says how it went. */
#define DIAL_REPORTS                                                                                                   \
    "DIALSTATUS HANGUPCAUSE DIALEDPEERNUMBER DIALEDPEERNAME DIALEDTIME DIALEDTIME_MS ANSWEREDTIME ANSWEREDTIME_MS "    \
    "RINGTIME RINGTIME_MS PROGRESSTIME PROGRESSTIME_MS"

#define SLOTS(rows) .slots = (rows), .slot_count = VL_COUNT(rows)

/* By name. Arguments and options are those of Asterisk 16. */
const struct vl_application vl_applications[] = {
    { "AddQueueMember", .devices = 2, .reports = "AQMSTATUS" },
    { "AGI", .effect = VL_EFFECT_PROGRAM, .asks = true, .reports = "AGISTATUS" },
    { "AMD", .reports = "AMDSTATUS AMDCAUSE" },
    { "Answer", .silent = true },
    { "Authenticate", .effect = VL_EFFECT_PIN, .silent = true, .parts = true },
    { "BackGround", .parts = true, SLOTS(menu), .reports = "BACKGROUNDSTATUS" },
    { "Bridge", SLOTS(bridged), .reports = "BRIDGERESULT" },
    { "Busy", .effect = VL_EFFECT_TONE },
    { "ChanIsAvail", .devices = 1, .reports = "AVAILCHAN AVAILORIGCHAN AVAILSTATUS AVAILCAUSECODE" },
    { "ChannelRedirect", .devices = 1, SLOTS(redirected) },
    { "ConfBridge", .reports = "CONFBRIDGE_RESULT" },
    { "Congestion", .effect = VL_EFFECT_TONE },
    { "ContinueWhile", .effect = VL_EFFECT_LOOP, .silent = true },
    { "ControlPlayback", .reports = "CPLAYBACKSTATUS CPLAYBACKOFFSET CPLAYBACKSTOPKEY" },
    { "DBdel", .effect = VL_EFFECT_DELETE_KEY, .silent = true },
    { "DBdeltree", .effect = VL_EFFECT_DELETE_TREE, .silent = true },
    { "DeadAGI", .effect = VL_EFFECT_PROGRAM, .asks = true, .reports = "AGISTATUS" },
    { "Dial", .effect = VL_EFFECT_DIAL, .parts = true, .devices = 1, SLOTS(dialled), .reports = DIAL_REPORTS },
    { "Directory", .parts = true, SLOTS(second) },
    { "DISA", .asks = true, SLOTS(second) },
    { "EAGI", .effect = VL_EFFECT_PROGRAM, .asks = true, .reports = "AGISTATUS" },
    { "EndWhile", .effect = VL_EFFECT_LOOP, .silent = true },
    { "Exec", .effect = VL_EFFECT_EXEC, .silent = true },
    { "ExecIf", .effect = VL_EFFECT_EXEC, .when = VL_WHEN_CONDITION, .marks = VL_MARKS_OUTSIDE, .silent = true },
    { "ExecIfTime", .effect = VL_EFFECT_EXEC, .when = VL_WHEN_TIME, .marks = VL_MARKS_QUESTION, .silent = true },
    { "ExitWhile", .effect = VL_EFFECT_LOOP, .silent = true },
    { "FastAGI", .effect = VL_EFFECT_PROGRAM, .asks = true, .reports = "AGISTATUS" },
    { "FollowMe", SLOTS(ringing) },
    { "Gosub", .effect = VL_EFFECT_GOSUB, .silent = true, .parts = true },
    { "GosubIf", .effect = VL_EFFECT_GOSUB, .when = VL_WHEN_CONDITION, .marks = VL_MARKS_OUTSIDE, .silent = true },
    { "Goto", .effect = VL_EFFECT_GOTO, .silent = true, .parts = true },
    { "GotoIf", .effect = VL_EFFECT_GOTO, .when = VL_WHEN_CONDITION, .marks = VL_MARKS_FIRST, .silent = true },
    { "GotoIfTime", .effect = VL_EFFECT_GOTO, .when = VL_WHEN_TIME, .marks = VL_MARKS_FIRST, .silent = true },
    { "Hangup", .effect = VL_EFFECT_HANGUP, .silent = true },
    { "Incomplete", .effect = VL_EFFECT_MORE_DIGITS },
    { "Log", .silent = true },
    { "LookupBlacklist", .reports = "LOOKUPBLSTATUS" },
    { "Macro", .effect = VL_EFFECT_MACRO, .silent = true, .parts = true },
    { "MacroExclusive", .effect = VL_EFFECT_MACRO, .silent = true },
    { "MacroExit", .effect = VL_EFFECT_MACRO_EXIT, .silent = true },
    { "MacroIf", .effect = VL_EFFECT_MACRO, .when = VL_WHEN_CONDITION, .marks = VL_MARKS_FIRST, .silent = true },
    { "MailboxExists", .reports = "VMBOXEXISTSSTATUS" },
    { "MeetMe", .parts = true, .reports = "MEETMEUNIQUEID MEETMESECS" },
    { "MixMonitor", .reports = "MIXMONITOR_FILENAME" },
    { "MSet", .effect = VL_EFFECT_SET_MANY, .silent = true },
    { "MYSQL", .effect = VL_EFFECT_PROGRAM },
    { "NoOp", .silent = true },
    { "Originate", .devices = 1, SLOTS(originated), .reports = "ORIGINATE_STATUS" },
    { "Page", .devices = 1, SLOTS(ringing), .reports = "PAGESTATUS" },
    { "Park", .reports = "PARKINGSLOT" },
    { "PauseQueueMember", .reports = "PQMSTATUS" },
    { "Playback", .parts = true, .reports = "PLAYBACKSTATUS" },
    { "PrivacyManager", .reports = "PRIVACYMGRSTATUS" },
    { "Progress", .silent = true },
    { "Queue", .asks = true, .parts = true, SLOTS(queued), .reports = "QUEUESTATUS ABANDONED" },
    { "Read", .effect = VL_EFFECT_READ, .asks = true, .parts = true, .reports = "READSTATUS" },
    { "ReceiveFAX", .reports = "FAXSTATUS FAXERROR FAXPAGES" },
    { "Record", .parts = true, .reports = "RECORDED_FILE RECORD_STATUS" },
    { "RemoveQueueMember", .reports = "RQMSTATUS" },
    { "RetryDial", .effect = VL_EFFECT_DIAL, .parts = true, .devices = 4, SLOTS(dialled), .reports = DIAL_REPORTS },
    { "Return", .effect = VL_EFFECT_RETURN, .silent = true },
    { "Ringing", .silent = true },
    { "SendFAX", .reports = "FAXSTATUS FAXERROR FAXPAGES" },
    { "SendText", .reports = "SENDTEXTSTATUS" },
    { "Set", .effect = VL_EFFECT_SET, .silent = true },
    { "SetGlobalVar", .effect = VL_EFFECT_SET_ONCE },
    { "SetVar", .effect = VL_EFFECT_SET_ONCE },
    { "StackPop", .effect = VL_EFFECT_POP, .silent = true },
    { "Stasis", .effect = VL_EFFECT_PROGRAM, .asks = true, .reports = "STASISSTATUS" },
    { "System", .asks = true, .reports = "SYSTEMSTATUS" },
    { "Transfer", .reports = "TRANSFERSTATUS" },
    { "TryExec", .effect = VL_EFFECT_TRY_EXEC, .silent = true },
    { "TrySystem", .asks = true, .reports = "SYSTEMSTATUS" },
    { "UnpauseQueueMember", .reports = "UPQMSTATUS" },
    { "Verbose", .silent = true },
    { "VMAuthenticate", .effect = VL_EFFECT_PIN, .reports = "AUTH_MAILBOX AUTH_CONTEXT" },
    { "VoiceMail", .parts = true, .mailboxes = true, SLOTS(greeting), .reports = "VMSTATUS" },
    { "VoiceMailMain", .parts = true, .mailboxes = true, .reports = "VMSTATUS" },
    { "Wait", .silent = true },
    { "WaitExten", .effect = VL_EFFECT_WAIT_EXTEN, .parts = true },
    { "WaitForNoise", .reports = "WAITSTATUS" },
    { "WaitForSilence", .reports = "WAITSTATUS" },
    { "While", .effect = VL_EFFECT_LOOP, .silent = true },
    { "Zapateller", .reports = "ZAPATELLERSTATUS" },
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
    case VL_EFFECT_MORE_DIGITS:
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

bool vl_application_reports(const struct vl_application *application, const char *name)
{
    const char *rest = application->reports ? application->reports : "";

    while (*rest) {
        size_t length = strcspn(rest, " ");

        if (strlen(name) == length && !strncmp(rest, name, length))
            return true;
        rest += length + strspn(rest + length, " ");
    }
    return false;
}

bool vl_application_sets(const struct vl_application *application)
{
    return application->effect == VL_EFFECT_SET || application->effect == VL_EFFECT_SET_MANY ||
           application->effect == VL_EFFECT_SET_ONCE;
}
