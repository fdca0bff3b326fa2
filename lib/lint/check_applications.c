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

/* The applications of Asterisk 1.2 to 22, whichever of them a version has: what is gone is the rule `removed`'s
 * business. And some of modules that are well known. */
static const char known[] =
    "AbsoluteTimeout AddQueueMember ADSIProg AELSub AgentCallbackLogin AgentLogin AgentMonitorOutgoing "
    "AgentRequest AGI AlarmReceiver AMD Answer AppendCDRUserField AttendedTransfer AudioSocket Authenticate "
    "BackGround BackgroundDetect BlindTransfer Bridge BridgeAdd BridgeWait Broadcast Busy CallCompletionCancel "
    "CallCompletionRequest CELGenUserEvent ChangeMonitor ChanIsAvail ChannelRedirect ChanSpy CheckGroup "
    "ClearHash ConfBridge Conference ConfKick Congestion ContinueWhile ControlPlayback Curl Cut "
    "DAHDIAcceptR2Call DAHDIBarge DAHDIRAS DAHDIScan DAHDISendCallreroutingFacility DAHDISendKeypadFacility "
    "DateTime DBdel DBdeltree DBget DBput DeadAGI Dial Dictate DigitTimeout Directory DISA DongleSendSMS "
    "DongleSendUSSD DongleStatus DumpChan EAGI Echo ElseIf EndIf EndWhile EnumLookup eSpeak Eval Exec ExecIf "
    "ExecIfTime ExitIf ExitWhile ExtenSpy ExternalIVR FastAGI Festival Flash Flite FollowMe ForkCDR GetCPEID "
    "GetGroupCount GetGroupMatchCount Gosub GosubIf Goto GotoIf GotoIfTime Hangup HangupCauseClear "
    "HasNewVoicemail HasVoicemail IAX2Provision ICES If ImportVar Incomplete IVRDemo JabberJoin JabberLeave "
    "JabberSend JabberSendGroup JabberStatus JACK Konference Log LookupBlacklist LookupCIDName Macro "
    "MacroExclusive MacroExit MacroIf MailboxExists Math MD5 MD5Check MeetMe MeetMeAdmin MeetMeChannelAdmin "
    "MeetMeCount MessageSend Milliwatt MinivmAccMess MinivmDelete MinivmGreet MinivmMWI MinivmNotify "
    "MinivmRecord MixMonitor MobileSendSMS MobileStatus Monitor Morsecode MP3Player MRCPRecog MRCPSynth MSet "
    "MusicOnHold MuxMon MYSQL NBScat NoCDR NoOp NVBackgroundDetect NVFaxDetect NVLineDetect ODBCFinish Originate "
    "OSPAuth OSPFinish OSPLookup OSPNext Page Park ParkAndAnnounce ParkedCall PauseMonitor PauseQueueMember "
    "Pickup PickupChan PJSIPHangup PJSIPNotify Playback PlayTones Prefix PrivacyManager Proceeding Progress "
    "Queue QueueLog QueueUpdate RaiseException Random Read ReadExten ReadFile RealTime RealTimeUpdate ReceiveFAX "
    "ReceiveMF ReceiveSF ReceiveText Record Reload RemoveQueueMember ResetCDR ResponseTimeout RetryDial Return "
    "Ringing Rpt RxFAX SayAlpha SayAlphaCase SayCountedAdj SayCountedNoun SayCountPL SayDigits SayMoney "
    "SayNumber SayOrdinal SayPhonetic SayUnixTime SCCPSetMessage SendDTMF SendFAX SendImage SendMF SendSF "
    "SendText SendURL Set SetAccount SetAMAFlags SetCalledParty SetCallerID SetCallerPres SetCDRUserField "
    "SetCIDName SetCIDNum SetGlobalVar SetGroup SetLanguage SetMusicOnHold SetRDNIS SetTransferCapability SetVar "
    "SIPAddHeader SIPDtmfMode SIPGetHeader SIPRemoveHeader SIPSendCustomINFO SkelGuessNumber SLAStation SLATrunk "
    "SMS SoftHangup Sort SpeechActivateGrammar SpeechBackground SpeechCreate SpeechDeactivateGrammar "
    "SpeechDestroy SpeechLoadGrammar SpeechProcessingSound SpeechStart SpeechUnloadGrammar StackPop "
    "StartMusicOnHold Stasis StasisBroadcast StatsD StopMixMonitor StopMonitor StopMusicOnHold StopPlayTones "
    "StoreDTMF StreamEcho StripLSD StripMSD SubString Suffix Swift SynthAndRecog System TestClient TestServer "
    "ToneScan Transfer TryExec TrySystem TxFAX TXTCIDName UnpauseMonitor UnpauseQueueMember UserEvent Verbose "
    "VMAuthenticate VMSayName VoiceMail VoiceMail2 VoiceMailMain VoiceMailMain2 VoiceMailPlayMsg Wait WaitDigit "
    "WaitExten WaitForCondition WaitForNoise WaitForRing WaitForSilence WaitForTone WaitMusicOnHold WaitUntil "
    "While Zapateller ZapBarge ZapRAS ZapScan ZapSendKeypadFacility";

/* The names as they are, and in small letters for comparisons, in which case does not count; NULL-terminated. */
struct names {
    const char *const *as_written;
    const char **small;
};

static char *in_small_letters(struct vl_arena *arena, const char *name)
{
    char *copy = vl_arena_strdup(arena, name);

    for (char *p = copy; p && *p; p++)
        *p = (char)tolower((unsigned char)*p);
    return copy;
}

/* False: memory ran out. */
static bool read_names(struct vl_arena *arena, struct names *names)
{
    size_t count = 0;

    names->as_written = vl_text_split(arena, known, " ");
    while (names->as_written && names->as_written[count])
        count++;
    names->small = vl_arena_zalloc(arena, (count + 1) * sizeof(*names->small));
    for (size_t i = 0; names->small && i < count; i++)
        names->small[i] = in_small_letters(arena, names->as_written[i]);
    return !arena->failed;
}

static bool is_known(const struct names *names, const char *name)
{
    for (const char *const *known_name = names->as_written; *known_name; known_name++)
        if (!strcasecmp(*known_name, name))
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
