/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dialplan/retired.h"

#include <string.h>
#include <strings.h>

#include "base/cleanup.h"

/* From the UPGRADE notes of Asterisk 1.2 to 16 and the list of module deprecations of its documentation. */
const struct vl_retired vl_retired[] = {
    { VL_PROVIDES_APPLICATION, "Macro", 1600, 2100, "Gosub() and Return()", NULL },
    { VL_PROVIDES_APPLICATION, "MacroExclusive", 1600, 2100, "Gosub() with LOCK()", NULL },
    { VL_PROVIDES_APPLICATION, "MacroIf", 1600, 2100, "GosubIf()", NULL },
    { VL_PROVIDES_APPLICATION, "MacroExit", 1600, 2100, "Return()", NULL },
    { VL_PROVIDES_APPLICATION, "SetVar", 102, 104, "Set()", "Set" },
    { VL_PROVIDES_APPLICATION, "SetGlobalVar", 104, 1000, "Set(GLOBAL(name)=value)", NULL },
    { VL_PROVIDES_APPLICATION, "SetCIDNum", 102, 104, "Set(CALLERID(num)=...)", NULL },
    { VL_PROVIDES_APPLICATION, "SetCIDName", 102, 104, "Set(CALLERID(name)=...)", NULL },
    { VL_PROVIDES_APPLICATION, "SetCallerID", 104, 106, "Set(CALLERID(all)=...)", NULL },
    { VL_PROVIDES_APPLICATION, "SetRDNIS", 102, 104, "Set(CALLERID(rdnis)=...)", NULL },
    { VL_PROVIDES_APPLICATION, "SetCallerPres", 106, 1600, "Set(CALLERID(pres)=...)", NULL },
    { VL_PROVIDES_APPLICATION, "SetLanguage", 102, 104, "Set(CHANNEL(language)=...)", NULL },
    { VL_PROVIDES_APPLICATION, "SetGroup", 102, 104, "Set(GROUP()=...)", NULL },
    { VL_PROVIDES_APPLICATION, "CheckGroup", 102, 104, "GotoIf($[${GROUP_COUNT()} > ...])", NULL },
    { VL_PROVIDES_APPLICATION, "GetGroupCount", 102, 104, "${GROUP_COUNT()}", NULL },
    { VL_PROVIDES_APPLICATION, "GetGroupMatchCount", 102, 104, "${GROUP_MATCH_COUNT()}", NULL },
    { VL_PROVIDES_APPLICATION, "DBget", 102, 104, "Set(x=${DB(family/key)})", NULL },
    { VL_PROVIDES_APPLICATION, "DBput", 102, 104, "Set(DB(family/key)=...)", NULL },
    { VL_PROVIDES_APPLICATION, "DBdel", 106, 1600, "${DB_DELETE(family/key)}", NULL },
    { VL_PROVIDES_APPLICATION, "Cut", 102, 104, "${CUT()}", NULL },
    { VL_PROVIDES_APPLICATION, "Sort", 102, 104, "${SORT()}", NULL },
    { VL_PROVIDES_APPLICATION, "AbsoluteTimeout", 102, 104, "Set(TIMEOUT(absolute)=...)", NULL },
    { VL_PROVIDES_APPLICATION, "DigitTimeout", 102, 104, "Set(TIMEOUT(digit)=...)", NULL },
    { VL_PROVIDES_APPLICATION, "ResponseTimeout", 102, 104, "Set(TIMEOUT(response)=...)", NULL },
    { VL_PROVIDES_APPLICATION, "DeadAGI", 106, 0, "AGI()", "AGI" },
    { VL_PROVIDES_APPLICATION, "SetMusicOnHold", 106, 1200, "Set(CHANNEL(musicclass)=...)", NULL },
    { VL_PROVIDES_APPLICATION, "WaitMusicOnHold", 106, 1200, "MusicOnHold() with a duration", NULL },
    { VL_PROVIDES_APPLICATION, "ReadFile", 106, 1200, "${FILE()}", NULL },
    { VL_PROVIDES_APPLICATION, "SayCountPL", 106, 1200, "SayNumber()", NULL },
    { VL_PROVIDES_APPLICATION, "DAHDIBarge", 108, 1200, "ChanSpy()", NULL },
    { VL_PROVIDES_APPLICATION, "AgentMonitorOutgoing", 0, 1200, "MixMonitor()", NULL },
    { VL_PROVIDES_APPLICATION, "NoCDR", 1200, 2100, "Set(CDR_PROP(disable)=1)", NULL },
    { VL_PROVIDES_APPLICATION, "SetAMAFlags", 1200, 2100, "Set(CHANNEL(amaflags)=...)", NULL },
    { VL_PROVIDES_APPLICATION, "ImportVar", 1200, 2100, "Set(x=${IMPORT(channel,variable)})", NULL },
    { VL_PROVIDES_APPLICATION, "MailboxExists", 1300, 2200, "${VM_INFO(mailbox,exists)}", NULL },
    { VL_PROVIDES_APPLICATION, "Monitor", 1600, 2100, "MixMonitor()", NULL },
    { VL_PROVIDES_APPLICATION, "StopMonitor", 1600, 2100, "StopMixMonitor()", NULL },
    { VL_PROVIDES_APPLICATION, "ChangeMonitor", 1600, 2100, "MixMonitor()", NULL },
    { VL_PROVIDES_APPLICATION, "PauseMonitor", 1600, 2100, "MixMonitor()", NULL },
    { VL_PROVIDES_APPLICATION, "UnpauseMonitor", 1600, 2100, "MixMonitor()", NULL },
    { VL_PROVIDES_APPLICATION, "MeetMe", 1900, 0, "ConfBridge()", NULL },
    { VL_PROVIDES_APPLICATION, "ICES", 1600, 1900, "an external encoder", NULL },
    { VL_PROVIDES_APPLICATION, "NBScat", 1600, 1900, "MusicOnHold()", NULL },
    { VL_PROVIDES_APPLICATION, "DAHDIRAS", 1600, 1900, "nothing: it is gone", NULL },
    { VL_PROVIDES_APPLICATION, "SendImage", 1600, 1900, "nothing: it is gone", NULL },
    { VL_PROVIDES_APPLICATION, "SendURL", 1600, 1900, "nothing: it is gone", NULL },
    { VL_PROVIDES_APPLICATION, "MYSQL", 108, 1900, "func_odbc", NULL },
    { VL_PROVIDES_APPLICATION, "OSPAuth", 1900, 2100, "nothing: it is gone", NULL },
    { VL_PROVIDES_APPLICATION, "OSPLookup", 1900, 2100, "nothing: it is gone", NULL },
    { VL_PROVIDES_APPLICATION, "OSPFinish", 1900, 2100, "nothing: it is gone", NULL },
    { VL_PROVIDES_APPLICATION, "SIPAddHeader", 1700, 2100, "Set(PJSIP_HEADER(add,...)=...)", NULL },
    { VL_PROVIDES_APPLICATION, "SIPRemoveHeader", 1700, 2100, "Set(PJSIP_HEADER(remove,...)=)", NULL },
    { VL_PROVIDES_APPLICATION, "SIPDtmfMode", 1700, 2100, "Set(PJSIP_DTMF_MODE()=...)", NULL },
    { VL_PROVIDES_APPLICATION, "ZapBarge", 106, 106, "ChanSpy()", NULL },
    { VL_PROVIDES_APPLICATION, "ZapScan", 106, 106, "DAHDIScan()", "DAHDIScan" },
    { VL_PROVIDES_FUNCTION, "CHECK_MD5", 104, 106, "${MD5()}", NULL },
    { VL_PROVIDES_FUNCTION, "LANGUAGE", 104, 106, "${CHANNEL(language)}", NULL },
    { VL_PROVIDES_FUNCTION, "MUSICCLASS", 104, 106, "${CHANNEL(musicclass)}", NULL },
    { VL_PROVIDES_FUNCTION, "MAILBOX_EXISTS", 1300, 2200, "${VM_INFO(mailbox,exists)}", NULL },
    { VL_PROVIDES_FUNCTION, "CALLERPRES", 108, 2200, "${CALLERID(pres)}", NULL },
    { VL_PROVIDES_FUNCTION, "QUEUE_MEMBER_COUNT", 106, 0, "${QUEUE_MEMBER(queue,logged)}", NULL },
    { VL_PROVIDES_FUNCTION, "SIPPEER", 1700, 2100, "${PJSIP_ENDPOINT()} and ${PJSIP_AOR()}", NULL },
    { VL_PROVIDES_FUNCTION, "SIP_HEADER", 1700, 2100, "${PJSIP_HEADER(read,...)}", NULL },
    { VL_PROVIDES_FUNCTION, "SIPCHANINFO", 106, 1200, "${CHANNEL()}", NULL },
    { VL_PROVIDES_FUNCTION, "CHECKSIPDOMAIN", 1700, 2100, "nothing: it is gone", NULL },
    { VL_PROVIDES_CHANNEL, "Zap", 0, 106, "DAHDI", "DAHDI" },
    { VL_PROVIDES_CHANNEL, "SIP", 1700, 2100, "PJSIP", NULL },
    { VL_PROVIDES_CHANNEL, "MGCP", 1900, 2100, "SIP telephones", NULL },
    { VL_PROVIDES_CHANNEL, "Skinny", 1900, 2100, "SIP telephones", NULL },
    { VL_PROVIDES_CHANNEL, "ALSA", 1900, 2100, "Console", NULL },
    { VL_PROVIDES_CHANNEL, "Agent", 0, 1200, "AgentRequest()", NULL },
    { VL_PROVIDES_CHANNEL, "Gtalk", 0, 1200, "Motif", NULL },
    { VL_PROVIDES_CHANNEL, "Jingle", 0, 1200, "Motif", NULL },
    { VL_PROVIDES_CHANNEL, "H323", 0, 1200, "OOH323", NULL },
    { VL_PROVIDES_CHANNEL, "mISDN", 1600, 1900, "DAHDI", NULL },
    { VL_PROVIDES_CHANNEL, "Phone", 1600, 1900, "DAHDI or SIP", NULL },
    { VL_PROVIDES_CHANNEL, "VPB", 1600, 1900, "DAHDI", NULL },
};
const size_t vl_retired_count = VL_COUNT(vl_retired);

const struct vl_retired *vl_retired_find(enum vl_provides kind, const char *name)
{
    for (size_t i = 0; i < VL_COUNT(vl_retired); i++)
        if (vl_retired[i].kind == kind && !strcasecmp(vl_retired[i].name, name))
            return &vl_retired[i];
    return NULL;
}

const char *vl_retired_application(size_t number)
{
    for (size_t i = 0; i < VL_COUNT(vl_retired); i++)
        if (vl_retired[i].kind == VL_PROVIDES_APPLICATION && number-- == 0)
            return vl_retired[i].name;
    return NULL;
}
