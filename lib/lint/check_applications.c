/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Applications that no Asterisk has: a call that comes to one ends there, and nothing but a line in a log tells why. A
 * name that is nearly one of Asterisk's is a slip; another one may belong to a module that is not Asterisk's own.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "lint/part.h"
#include "lint/report.h"

/* The applications of Asterisk 1.2 to 22, whichever of them a version has, and some of modules that are well known; but
 * for those of the table of applications, and those that are gone or will be, which stand there. */
static const char others[] =
    "ADSIProg AELSub AgentCallbackLogin AgentLogin AgentRequest AlarmReceiver AMD AppendCDRUserField "
    "AttendedTransfer AudioSocket BackgroundDetect BlindTransfer BridgeAdd BridgeWait Broadcast "
    "CallCompletionCancel CallCompletionRequest CELGenUserEvent ChanSpy ClearHash ConfBridge Conference "
    "ConfKick ControlPlayback Curl DAHDIAcceptR2Call DAHDIScan DAHDISendCallreroutingFacility "
    "DAHDISendKeypadFacility DateTime DBdeltree Dictate DongleSendSMS DongleSendUSSD DongleStatus DumpChan "
    "Echo ElseIf EndIf EnumLookup eSpeak Eval ExitIf ExtenSpy ExternalIVR Festival Flash Flite ForkCDR "
    "GetCPEID HangupCauseClear HasNewVoicemail HasVoicemail IAX2Provision If ImportVar Incomplete IVRDemo "
    "JabberJoin JabberLeave JabberSend JabberSendGroup JabberStatus JACK Konference LookupBlacklist "
    "LookupCIDName MailboxExists Math MD5 MD5Check MeetMeAdmin MeetMeChannelAdmin MeetMeCount MessageSend "
    "Milliwatt MinivmAccMess MinivmDelete MinivmGreet MinivmMWI MinivmNotify MinivmRecord MixMonitor "
    "MobileSendSMS MobileStatus Morsecode MP3Player MRCPRecog MRCPSynth MusicOnHold MuxMon NVBackgroundDetect "
    "NVFaxDetect NVLineDetect ODBCFinish OSPNext Park ParkAndAnnounce ParkedCall PauseQueueMember Pickup "
    "PickupChan PJSIPHangup PJSIPNotify PlayTones Prefix PrivacyManager Proceeding QueueLog QueueUpdate "
    "RaiseException Random ReadExten RealTime RealTimeUpdate ReceiveFAX ReceiveMF ReceiveSF ReceiveText "
    "Reload RemoveQueueMember ResetCDR Rpt RxFAX SayAlpha SayAlphaCase SayCountedAdj SayCountedNoun SayDigits "
    "SayMoney SayNumber SayOrdinal SayPhonetic SayUnixTime SCCPSetMessage SendDTMF SendFAX SendMF SendSF "
    "SendText SetAccount SetCalledParty SetCDRUserField SetTransferCapability SIPGetHeader SIPSendCustomINFO "
    "SkelGuessNumber SLAStation SLATrunk SMS SoftHangup SpeechActivateGrammar SpeechBackground SpeechCreate "
    "SpeechDeactivateGrammar SpeechDestroy SpeechLoadGrammar SpeechProcessingSound SpeechStart "
    "SpeechUnloadGrammar StartMusicOnHold StasisBroadcast StatsD StopMixMonitor StopMusicOnHold StopPlayTones "
    "StoreDTMF StreamEcho StripLSD StripMSD SubString Suffix Swift SynthAndRecog TestClient TestServer "
    "ToneScan Transfer TxFAX TXTCIDName UnpauseQueueMember UserEvent VMSayName VoiceMail2 VoiceMailMain2 "
    "VoiceMailPlayMsg WaitDigit WaitForCondition WaitForNoise WaitForRing WaitForSilence WaitForTone "
    "WaitUntil Zapateller ZapRAS ZapSendKeypadFacility";

/* The names as they are, and in small letters for comparisons, in which case does not count; NULL-terminated. */
struct names {
    const char **as_written;
    const char **small;
};

static char *in_small_letters(struct vl_arena *arena, const char *name)
{
    char *copy = vl_arena_strdup(arena, name);

    for (char *p = copy; p && *p; p++)
        *p = (char)tolower((unsigned char)*p);
    return copy;
}

static void add_name(struct vl_arena *arena, struct names *names, size_t count, const char *name)
{
    const char **as_written = vl_arena_grow(arena, names->as_written, count, sizeof(*as_written));
    const char **small = vl_arena_grow(arena, names->small, count, sizeof(*small));

    if (!as_written || !small)
        return;
    names->as_written = as_written;
    names->small = small;
    as_written[count] = name;
    small[count] = name ? in_small_letters(arena, name) : NULL;
}

/* False: memory ran out. */
static bool read_names(struct vl_arena *arena, struct names *names)
{
    const char *const *rest = vl_text_split(arena, others, " ");
    size_t count = 0;
    const char *name;

    *names = (struct names){ .small = NULL };
    for (size_t i = 0; i < vl_application_count; i++)
        add_name(arena, names, count++, vl_applications[i].name);
    for (size_t i = 0; (name = vl_lint_gone_application(i)); i++)
        if (!*vl_application(name)->name)
            add_name(arena, names, count++, name);
    for (; rest && *rest; rest++)
        add_name(arena, names, count++, *rest);
    add_name(arena, names, count, NULL);
    return !arena->failed;
}

static bool is_known(const struct names *names, const char *name)
{
    for (const char **known = names->as_written; *known; known++)
        if (!strcasecmp(*known, name))
            return true;
    return false;
}

/* The application that was meant; NULL: none is near. */
static const char *nearest(struct vl_lint *lint, const char *name, const struct names *names)
{
    char *wrong = in_small_letters(lint->arena, name);
    const char *found = wrong ? vl_text_nearest(vl_text_strip(wrong), names->small) : NULL;

    for (size_t i = 0; found && names->small[i]; i++)
        if (found == names->small[i])
            return names->as_written[i];
    return NULL;
}

/* Until 1.4 a comma could stand between the application and what it gets. Today it is a part of the name. */
static const char *name_before_comma(const struct vl_lint *lint, const struct vl_lint_call *call)
{
    size_t length = strcspn(call->application, ",");
    const char *name = call->application[length] ? vl_arena_strndup(lint->arena, call->application, length) : NULL;

    return !call->nested && name && *name && !strchr(name, '$') ? name : NULL;
}

/* The name is only known in a call, or the search for calls inside of others took something else for one. */
static bool is_doubtful(const struct vl_lint_call *call)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    const char *name = call->application;

    return strchr(name, '$') || (call->nested && (!*name || name[strspn(name, letters)]));
}

static void report(struct vl_lint *lint, const struct vl_lint_call *call, const char *name, const struct names *names)
{
    const char *meant = *name ? nearest(lint, name, names) : NULL;

    if (!*name)
        vl_lint_add_as(lint, VL_RULE_APPLICATION, VL_SEVERITY_WARNING, &call->step->at, call->extension, NULL,
                       "the step names no application, and the call ends here; write NoOp() when it shall do nothing");
    else if (meant)
        vl_lint_add_as(lint, VL_RULE_APPLICATION, VL_SEVERITY_WARNING, &call->step->at, call->extension, NULL,
                       "there is no application '%s', and the call ends here; did you mean '%s'?", name, meant);
    else
        vl_lint_add_as(lint, VL_RULE_APPLICATION, VL_SEVERITY_NOTICE, &call->step->at, call->extension, NULL,
                       "Asterisk has no application '%s', and the call ends here unless another module brings it",
                       name);
}

void vl_lint_check_applications(struct vl_lint *lint)
{
    struct names names;

    if (!read_names(lint->arena, &names))
        return;
    for (size_t i = 0; i < lint->call_count; i++) {
        const struct vl_lint_call *call = &lint->calls[i];
        const char *name = name_before_comma(lint, call);

        if (name && lint->asterisk >= 106)
            vl_lint_add(lint, VL_RULE_APPLICATION, &call->step->at, call->extension, NULL,
                        "there is no application '%s', and the call ends here: since Asterisk 1.6 what an application "
                        "gets stands in brackets; write %s(...)",
                        call->application, name);
        else if (!is_doubtful(call) && !is_known(&names, name ? name : call->application))
            report(lint, call, name ? name : call->application, &names);
    }
}
