/* Stands in for wevtutil.exe and dsregcmd.exe, which do nothing or are missing under Wine. What it says is constructed from
   documented text; it shows that arguments, encodings and exit codes go through, not what Windows would answer. */
#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

static const wchar_t EVENTS[] =
    L"<Events>\r\n<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>"
    L"<Provider Name='Directory Synchronization'/><EventID Qualifiers='0'>611</EventID><Level>2</Level>"
    L"<TimeCreated SystemTime='2026-09-14T10:00:00.0000000Z'/><EventRecordID>77</EventRecordID>"
    L"<Channel>Application</Channel><Computer>planted-sync.contoso.com</Computer></System>"
    L"<EventData><Data>Password synchronization failed for domain: planted.contoso.com, M\u00fcller</Data></EventData>"
    L"</Event>\r\n</Events>\r\n";

static const char STATUS[] =
    "+----------------------------------------------------------------------+\r\n"
    "| Device State                                                         |\r\n"
    "+----------------------------------------------------------------------+\r\n\r\n"
    "             AzureAdJoined : YES\r\n          EnterpriseJoined : NO\r\n              DomainJoined : YES\r\n"
    "               Device Name : planted-pc.contoso.com\r\n\r\n";

int main(int count, char **words) {
    _setmode(_fileno(stdout), _O_BINARY);
    if (strstr(words[0], "wevtutil")) {
        if (count < 4 || strcmp(words[2], "Application"))
            return 15007; /* ERROR_EVT_CHANNEL_NOT_FOUND */
        const wchar_t *text = strstr(words[3], "Directory Synchronization") ? EVENTS : L"<Events>\r\n</Events>\r\n";
        fwrite(text, sizeof(wchar_t), wcslen(text), stdout);
        return 0;
    }
    if (count > 1 && !strcmp(words[1], "/status")) {
        fputs(STATUS, stdout);
        return 0;
    }
    return 1;
}
