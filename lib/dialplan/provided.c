/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dialplan/provided.h"

#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "dialplan/application.h"
#include "dialplan/retired.h"
#include "dialplan/module_loading.h"

/* Seen in a running Asterisk 16 and 22, each module loaded by itself, but for those that need hardware or a database.
 * Applications that matter to the course of a call, and those that are gone, stand in tables of their own as well. */
const struct vl_module vl_modules[] = {
    { "",
      .applications = "Answer BackGround Bridge Busy CallCompletionCancel CallCompletionRequest Congestion ExecIfTime "
                      "Goto GotoIf GotoIfTime Hangup ImportVar Incomplete MessageSend MSet NoOp Proceeding Progress "
                      "RaiseException Ringing SayAlpha SayAlphaCase SayDigits SayMoney SayNumber SayOrdinal "
                      "SayPhonetic Set SetAMAFlags Wait WaitDigit WaitExten",
      .written = "FEATURE FEATUREMAP LOG_GROUP MESSAGE MESSAGE_DATA TESTTIME", .read_only = "AMI_CLIENT EXCEPTION" },
    { "app_adsiprog", .applications = "ADSIProg" },
    { "app_agent_pool", .applications = "AgentLogin AgentRequest", .read_only = "AGENT" },
    { "app_alarmreceiver", .applications = "AlarmReceiver" },
    { "app_amd", .applications = "AMD" },
    { "app_attended_transfer", .applications = "AttendedTransfer" },
    { "app_audiosocket", .since = 1800, .applications = "AudioSocket" },
    { "app_authenticate", .applications = "Authenticate" },
    { "app_blind_transfer", .applications = "BlindTransfer" },
    { "app_bridgeaddchan", .applications = "BridgeAdd" },
    { "app_bridgewait", .applications = "BridgeWait" },
    { "app_broadcast", .since = 1800, .applications = "Broadcast" },
    { "app_cdr", .applications = "NoCDR ResetCDR" },
    { "app_celgenuserevent", .applications = "CELGenUserEvent" },
    { "app_chanisavail", .applications = "ChanIsAvail" },
    { "app_channelredirect", .applications = "ChannelRedirect" },
    { "app_chanspy", .applications = "ChanSpy DAHDIScan ExtenSpy" },
    { "app_confbridge", .applications = "ConfBridge ConfKick", .written = "CONFBRIDGE CONFBRIDGE_INFO",
      .read_only = "CONFBRIDGE_CHANNELS" },
    { "app_controlplayback", .applications = "ControlPlayback" },
    { "app_dahdiras", .applications = "DAHDIRAS" },
    { "app_db", .applications = "DBdeltree" },
    { "app_dial", .applications = "Dial RetryDial" },
    { "app_dictate", .applications = "Dictate" },
    { "app_directed_pickup", .applications = "Pickup PickupChan" },
    { "app_directory", .applications = "Directory" },
    { "app_disa", .applications = "DISA" },
    { "app_dtmfstore", .applications = "StoreDTMF" },
    { "app_dumpchan", .applications = "DumpChan" },
    { "app_echo", .applications = "Echo" },
    { "app_exec", .applications = "Exec ExecIf TryExec" },
    { "app_externalivr", .applications = "ExternalIVR" },
    { "app_festival", .applications = "Festival" },
    { "app_flash", .applications = "Flash" },
    { "app_followme", .applications = "FollowMe" },
    { "app_forkcdr", .applications = "ForkCDR" },
    { "app_getcpeid", .applications = "GetCPEID" },
    { "app_ices", .applications = "ICES" },
    { "app_if", .since = 1800, .applications = "Else ElseIf EndIf ExitIf If" },
    { "app_image", .applications = "SendImage" },
    { "app_ivrdemo", .applications = "IVRDemo" },
    { "app_jack", .applications = "JACK", .written = "JACK_HOOK" },
    { "app_macro", .applications = "Macro MacroExclusive MacroExit MacroIf" },
    { "app_meetme", .applications = "MeetMe MeetMeAdmin MeetMeChannelAdmin MeetMeCount SLAStation SLATrunk",
      .read_only = "MEETME_INFO" },
    { "app_mf", .applications = "ReceiveMF SendMF" },
    { "app_milliwatt", .applications = "Milliwatt" },
    { "app_minivm", .applications = "MinivmAccMess MinivmDelete MinivmGreet MinivmMWI MinivmNotify MinivmRecord",
      .written = "MINIVMCOUNTER", .read_only = "MINIVMACCOUNT" },
    { "app_mixmonitor", .applications = "MixMonitor StopMixMonitor", .read_only = "MIXMONITOR" },
    { "app_morsecode", .applications = "Morsecode" },
    { "app_mp3", .applications = "MP3Player" },
    { "app_mysql", .applications = "MYSQL" },
    { "app_nbscat", .applications = "NBScat" },
    { "app_originate", .applications = "Originate" },
    { "app_osplookup", .applications = "OSPAuth OSPFinish OSPLookup OSPNext" },
    { "app_page", .applications = "Page" },
    { "app_playback", .applications = "Playback" },
    { "app_playtones", .applications = "PlayTones StopPlayTones" },
    { "app_privacy", .applications = "PrivacyManager" },
    { "app_queue",
      .applications = "AddQueueMember PauseQueueMember Queue QueueLog QueueUpdate RemoveQueueMember UnpauseQueueMember",
      .written = "QUEUE_MEMBER QUEUE_MEMBER_PENALTY",
      .read_only =
          "QUEUE_EXISTS QUEUE_GET_CHANNEL QUEUE_MEMBER_COUNT QUEUE_MEMBER_LIST QUEUE_VARIABLES QUEUE_WAITING_COUNT" },
    { "app_read", .applications = "Read" },
    { "app_readexten", .applications = "ReadExten" },
    { "app_record", .applications = "Record", .read_only = "RECORDING_INFO" },
    { "app_reload", .applications = "Reload" },
    { "app_rpt", .applications = "Rpt" },
    { "app_saycounted", .applications = "SayCountedAdj SayCountedNoun" },
    { "app_saycountpl", .applications = "SayCountPL" },
    { "app_sayunixtime", .applications = "DateTime SayUnixTime" },
    { "app_senddtmf", .applications = "SendDTMF" },
    { "app_sendtext", .applications = "ReceiveText SendText" },
    { "app_sf", .applications = "ReceiveSF SendSF" },
    { "app_signal", .since = 1800, .applications = "Signal WaitForSignal" },
    { "app_skel", .applications = "SkelGuessNumber" },
    { "app_sla", .applications = "SLAStation SLATrunk" },
    { "app_sms", .applications = "SMS" },
    { "app_softhangup", .applications = "SoftHangup" },
    { "app_speech_utils",
      .applications = "SpeechActivateGrammar SpeechBackground SpeechCreate SpeechDeactivateGrammar SpeechDestroy "
                      "SpeechLoadGrammar SpeechProcessingSound SpeechStart SpeechUnloadGrammar",
      .written = "SPEECH SPEECH_ENGINE SPEECH_GRAMMAR SPEECH_RESULTS_TYPE SPEECH_SCORE SPEECH_TEXT" },
    { "app_stack", .applications = "Gosub GosubIf Return StackPop", .written = "LOCAL",
      .read_only = "LOCAL_PEEK STACK_PEEK" },
    { "app_stasis", .applications = "Stasis" },
    { "app_stasis_broadcast", .since = 2000, .applications = "StasisBroadcast" },
    { "app_statsd", .applications = "StatsD" },
    { "app_stream_echo", .applications = "StreamEcho" },
    { "app_system", .applications = "System TrySystem" },
    { "app_talkdetect", .applications = "BackgroundDetect" },
    { "app_test", .applications = "TestClient TestServer" },
    { "app_transfer", .applications = "Transfer" },
    { "app_url", .applications = "SendURL" },
    { "app_userevent", .applications = "UserEvent" },
    { "app_verbose", .applications = "Log Verbose" },
    { "app_voicemail",
      .applications = "MailboxExists VMAuthenticate VMSayName VoiceMail VoiceMailMain VoiceMailPlayMsg",
      .read_only = "MAILBOX_EXISTS VM_INFO" },
    { "app_voicemail_imap",
      .applications = "MailboxExists VMAuthenticate VMSayName VoiceMail VoiceMailMain VoiceMailPlayMsg",
      .read_only = "MAILBOX_EXISTS VM_INFO" },
    { "app_voicemail_odbc",
      .applications = "MailboxExists VMAuthenticate VMSayName VoiceMail VoiceMailMain VoiceMailPlayMsg",
      .read_only = "MAILBOX_EXISTS VM_INFO" },
    { "app_waitforcond", .applications = "WaitForCondition" },
    { "app_waitforring", .applications = "WaitForRing" },
    { "app_waitforsilence", .applications = "WaitForNoise WaitForSilence" },
    { "app_waituntil", .applications = "WaitUntil" },
    { "app_while", .applications = "ContinueWhile EndWhile ExitWhile While" },
    { "app_zapateller", .applications = "Zapateller" },
    { "chan_console", .channel = "Console" },
    { "chan_alsa", .channel = "Console" },
    { "chan_audiosocket", .since = 1800, .channel = "AudioSocket" },
    { "chan_dahdi", .applications = "DAHDIAcceptR2Call DAHDISendCallreroutingFacility DAHDISendKeypadFacility",
      .written = "POLARITY", .channel = "DAHDI" },
    { "chan_iax2", .applications = "IAX2Provision", .written = "IAXVAR", .read_only = "IAXPEER", .channel = "IAX2" },
    { "chan_mgcp", .channel = "MGCP" },
    { "chan_misdn", .channel = "mISDN" },
    { "chan_mobile", .applications = "MobileSendSMS MobileStatus", .channel = "Mobile" },
    { "chan_motif", .channel = "Motif" },
    { "chan_ooh323", .channel = "OOH323" },
    { "chan_oss", .channel = "Console" },
    { "chan_phone", .channel = "Phone" },
    { "chan_pjsip", .since = 1800, .applications = "PJSIPHangup" },
    { "chan_pjsip",
      .written =
          "PJSIP_DTMF_MODE PJSIP_MEDIA_OFFER PJSIP_MOH_PASSTHROUGH PJSIP_SEND_SESSION_REFRESH PJSIP_TRANSFER_HANDLING",
      .read_only = "PJSIP_DIAL_CONTACTS PJSIP_PARSE_URI PJSIP_PARSE_URI_FROM", .channel = "PJSIP" },
    { "chan_sip", .applications = "SIPAddHeader SIPDtmfMode SIPRemoveHeader SIPSendCustomINFO",
      .read_only = "CHECKSIPDOMAIN SIPPEER SIP_HEADER SIP_HEADERS", .channel = "SIP" },
    { "chan_skinny", .channel = "Skinny" },
    { "chan_unistim", .channel = "USTM" },
    { "func_aes", .read_only = "AES_DECRYPT AES_ENCRYPT" },
    { "func_base64", .read_only = "BASE64_DECODE BASE64_ENCODE" },
    { "func_blacklist", .read_only = "BLACKLIST" },
    { "func_callcompletion", .written = "CALLCOMPLETION" },
    { "func_callerid", .written = "CALLERID CALLERPRES CONNECTEDLINE REDIRECTING" },
    { "func_cdr", .written = "CDR CDR_PROP" },
    { "func_channel", .written = "CHANNEL MASTER_CHANNEL", .read_only = "CHANNELS CHANNEL_EXISTS" },
    { "func_config", .read_only = "AST_CONFIG" },
    { "func_curl", .written = "CURL CURLOPT" },
    { "func_cut", .read_only = "CUT SORT" },
    { "func_db", .written = "DB DB_DELETE", .read_only = "DB_EXISTS DB_KEYCOUNT DB_KEYS" },
    { "func_devstate", .written = "DEVICE_STATE", .read_only = "HINT" },
    { "func_dialgroup", .written = "DIALGROUP" },
    { "func_dialplan", .read_only = "DIALPLAN_EXISTS VALID_EXTEN" },
    { "func_enum", .read_only = "ENUMLOOKUP ENUMQUERY ENUMRESULT TXTCIDNAME" },
    { "func_env", .written = "ENV FILE", .read_only = "BASENAME DIRNAME FILE_COUNT_LINE FILE_FORMAT STAT" },
    { "func_evalexten", .read_only = "EVAL_EXTEN EVAL_SUB" },
    { "func_export", .written = "EXPORT" },
    { "func_extstate", .read_only = "EXTENSION_STATE" },
    { "func_frame_drop", .written = "FRAME_DROP" },
    { "func_frame_trace", .written = "FRAME_TRACE" },
    { "func_global", .written = "GLOBAL GLOBAL_DELETE SHARED", .read_only = "GLOBAL_EXISTS" },
    { "func_groupcount", .written = "GROUP", .read_only = "GROUP_COUNT GROUP_LIST GROUP_MATCH_COUNT" },
    { "func_hangupcause", .applications = "HangupCauseClear", .read_only = "HANGUPCAUSE HANGUPCAUSE_KEYS" },
    { "func_holdintercept", .written = "HOLD_INTERCEPT" },
    { "func_iconv", .read_only = "ICONV" },
    { "func_jitterbuffer", .written = "JITTERBUFFER" },
    { "func_json", .read_only = "JSON_DECODE" },
    { "func_lock", .read_only = "LOCK TRYLOCK UNLOCK" },
    { "func_logic", .written = "DELETE", .read_only = "EXISTS IF IFTIME IMPORT ISNULL SET VARIABLE_EXISTS" },
    { "func_math", .read_only = "ABS DEC DIGIT_SUM INC MATH MAX MIN" },
    { "func_md5", .read_only = "MD5" },
    { "func_module", .read_only = "IFMODULE" },
    { "func_odbc", .applications = "ODBCFinish", .read_only = "ODBC_FETCH SQL_ESC SQL_ESC_BACKSLASHES" },
    { "func_periodic_hook", .written = "PERIODIC_HOOK" },
    { "func_pitchshift", .written = "PITCH_SHIFT" },
    { "func_pjsip_aor", .read_only = "PJSIP_AOR" },
    { "func_pjsip_contact", .read_only = "PJSIP_CONTACT" },
    { "func_pjsip_endpoint", .read_only = "PJSIP_ENDPOINT" },
    { "func_presencestate", .written = "PRESENCE_STATE" },
    { "func_rand", .read_only = "RAND" },
    { "func_realtime", .written = "REALTIME REALTIME_DESTROY REALTIME_FIELD REALTIME_STORE",
      .read_only = "REALTIME_HASH" },
    { "func_sayfiles", .read_only = "SAYFILES" },
    { "func_scramble", .written = "SCRAMBLE" },
    { "func_sha1", .read_only = "SHA1" },
    { "func_shell", .read_only = "SHELL" },
    { "func_sorcery", .read_only = "AST_SORCERY" },
    { "func_speex", .written = "AGC DENOISE" },
    { "func_sprintf", .read_only = "SPRINTF" },
    { "func_srv", .read_only = "SRVQUERY SRVRESULT" },
    { "func_strings", .applications = "ClearHash", .written = "ARRAY HASH PUSH UNSHIFT",
      .read_only = "CSV_QUOTE EVAL FIELDNUM FIELDQTY FILTER HASHKEYS KEYPADHASH LEN LISTFILTER LTRIM PASSTHRU POP "
                   "QUOTE REGEX REPLACE RTRIM SHIFT STRBETWEEN STRFTIME STRPTIME STRREPLACE TOLOWER TOUPPER TRIM" },
    { "func_sysinfo", .read_only = "SYSINFO" },
    { "func_talkdetect", .written = "TALK_DETECT" },
    { "func_timeout", .written = "TIMEOUT" },
    { "func_uri", .read_only = "URIDECODE URIENCODE" },
    { "func_uuid", .read_only = "UUID" },
    { "func_version", .read_only = "VERSION" },
    { "func_vmcount", .read_only = "VMCOUNT" },
    { "func_volume", .written = "VOLUME" },
    { "pbx_ael", .applications = "AELSub" },
    { "pbx_dundi", .read_only = "DUNDILOOKUP DUNDIQUERY DUNDIRESULT" },
    { "res_agi", .applications = "AGI DeadAGI EAGI" },
    { "res_calendar", .written = "CALENDAR_WRITE",
      .read_only = "CALENDAR_BUSY CALENDAR_EVENT CALENDAR_QUERY CALENDAR_QUERY_RESULT" },
    { "res_fax", .applications = "ReceiveFAX SendFAX", .written = "FAXOPT" },
    { "res_geolocation", .written = "GEOLOC_PROFILE" },
    { "res_monitor", .applications = "ChangeMonitor Monitor PauseMonitor StopMonitor UnpauseMonitor" },
    { "res_musiconhold", .applications = "MusicOnHold StartMusicOnHold StopMusicOnHold" },
    { "res_mutestream", .written = "MUTEAUDIO" },
    { "res_odbc_transaction", .applications = "ODBC_Commit ODBC_Rollback", .written = "ODBC" },
    { "res_parking", .applications = "Park ParkAndAnnounce ParkedCall", .read_only = "PARK_GET_CHANNEL" },
    { "res_phoneprov", .read_only = "PP_EACH_EXTENSION PP_EACH_USER" },
    { "res_pjsip_header_funcs",
      .written = "PJSIP_HEADER PJSIP_HEADER_PARAM PJSIP_INHERITABLE_HEADER PJSIP_RESPONSE_HEADER",
      .read_only = "PJSIP_HEADERS" },
    { "res_pjsip_notify", .since = 1800, .applications = "PJSIPNotify" },
    { "res_smdi", .read_only = "SMDI_MSG SMDI_MSG_RETRIEVE" },
    { "res_stir_shaken", .written = "STIR_SHAKEN STIR_SHAKEN_ATTESTATION" },
    { "res_tonedetect", .applications = "ToneScan WaitForTone", .written = "TONE_DETECT" },
    { "res_xmpp", .applications = "JabberJoin JabberLeave JabberSend JabberSendGroup JabberStatus",
      .read_only = "JABBER_RECEIVE JABBER_STATUS" },
    { NULL,
      .applications = "AgentCallbackLogin AppendCDRUserField Conference Curl DongleSendSMS DongleSendUSSD DongleStatus "
                      "EnumLookup eSpeak Eval Flite HasNewVoicemail HasVoicemail Konference LookupCIDName Math MD5 "
                      "MD5Check MRCPRecog MRCPSynth MuxMon NVBackgroundDetect NVFaxDetect NVLineDetect Prefix Random "
                      "RealTime RealTimeUpdate RxFAX SCCPSetMessage SetAccount SetCalledParty SetCDRUserField "
                      "SetTransferCapability SIPGetHeader StripLSD StripMSD SubString Suffix Swift SynthAndRecog TxFAX "
                      "TXTCIDName VoiceMail2 VoiceMailMain2 ZapRAS ZapSendKeypadFacility",
      .written = "AUDIOHOOK_INHERIT DEVSTATE LANGUAGE MUSICCLASS SIPCHANINFO SORCERY XMPP_PRESENCE",
      .read_only = "CHECK_MD5 ESCAPE_BACKSLASHES ESCAPE_TICKS ODBC_ESCAPE" },
};
const size_t vl_module_count = VL_COUNT(vl_modules);

static bool is_word_of(const char *list, const char *name)
{
    size_t length = strlen(name);

    for (const char *at = list; at && *at; at += strcspn(at, " "), at += strspn(at, " "))
        if (strcspn(at, " ") == length && !strncasecmp(at, name, length))
            return true;
    return false;
}

static bool brings(const struct vl_module *module, enum vl_provides kind, const char *name)
{
    switch (kind) {
    case VL_PROVIDES_APPLICATION:
        return is_word_of(module->applications, name);
    case VL_PROVIDES_CHANNEL:
        return is_word_of(module->channel, name);
    case VL_PROVIDES_FUNCTION:
        break;
    }
    return is_word_of(module->written, name) || is_word_of(module->read_only, name);
}

const char *vl_module_of(enum vl_provides kind, const char *name)
{
    for (size_t i = 0; i < VL_COUNT(vl_modules); i++)
        if (brings(&vl_modules[i], kind, name))
            return vl_modules[i].name && *vl_modules[i].name ? vl_modules[i].name : NULL;
    return NULL;
}

/* By the modules that bring it: one of this version that is loaded is enough. */
static struct vl_presence presence_in_modules(const struct vl_module_loading *loading, enum vl_provides kind,
                                              const char *name, int asterisk)
{
    struct vl_presence found = { .kind = VL_PRESENCE_NONE };

    for (size_t i = 0; i < VL_COUNT(vl_modules); i++) {
        const struct vl_module *module = &vl_modules[i];

        if (!brings(module, kind, name))
            continue;
        if (!module->name)
            return (struct vl_presence){ .kind = VL_PRESENCE_ELSEWHERE };
        if (module->since > asterisk)
            found = (struct vl_presence){ .kind = VL_PRESENCE_LATER, .version = module->since };
        else if (!*module->name || !loading || !loading->read || vl_module_is_loaded(loading, module->name))
            return (struct vl_presence){ .kind = VL_PRESENCE_HERE };
        else if (found.kind != VL_PRESENCE_UNLOADED)
            found = (struct vl_presence){ .kind = VL_PRESENCE_UNLOADED, .module = module->name };
    }
    return found;
}

struct vl_presence vl_presence_of(const struct vl_module_loading *loading, enum vl_provides kind, const char *name,
                                  int asterisk)
{
    const struct vl_retired *retired = vl_retired_find(kind, name);
    struct vl_presence found;

    if (retired && retired->removed && asterisk >= retired->removed)
        return (
            struct vl_presence){ .kind = VL_PRESENCE_GONE, .version = retired->removed, .instead = retired->instead };
    found = presence_in_modules(loading, kind, name, asterisk);
    if (found.kind == VL_PRESENCE_NONE && (retired || (kind == VL_PROVIDES_APPLICATION && *vl_application(name)->name)))
        found.kind = VL_PRESENCE_ELSEWHERE;
    return found;
}
