//! PowerShell: how a script of a row is called.
//!
//! Takes a script and the module that it needs, gives the arguments of `powershell.exe` 5.1: no profile, no questions, UTF-8
//! on the streams, an exit code of our own where the module is not there. Never stores the script on the disk. Source:
//! <https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_powershell_exe>.

use std::ffi::OsString;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Where it is; version 5.1 is part of Windows, 7 cannot load the modules.
pub(super) const PROGRAM: &str = r"%SystemRoot%\System32\WindowsPowerShell\v1.0\powershell.exe";
/// Exit code: the module that the script needs is not on this machine.
pub(super) const NO_MODULE: i32 = 71;
/// Exit code: the module is there, but could not be loaded.
pub(super) const BROKEN_MODULE: i32 = 72;

/// Exit code: the script came to its end. Zero is what a shell gives that did nothing.
pub(super) const DONE: i32 = 70;

/// What stands before every script.
const PROLOGUE: &str = "$ErrorActionPreference='Continue'\n$ProgressPreference='SilentlyContinue'\n\
    [Console]::OutputEncoding=[Text.UTF8Encoding]::new($false)\n";

/// The arguments.
pub(super) fn arguments(module: Option<&str>, script: &str) -> Vec<OsString> {
    let text = whole(module, script);
    let encoded = STANDARD.encode(text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>());
    let fixed = ["-NoLogo", "-NoProfile", "-NonInteractive", "-ExecutionPolicy", "Bypass", "-OutputFormat", "Text"];
    fixed.into_iter().chain(["-EncodedCommand", &encoded]).map(OsString::from).collect()
}

fn whole(module: Option<&str>, script: &str) -> String {
    let load = module.map(|module| {
        // Doubled quotes are the only way out of a quoted text.
        let module = module.replace('\'', "''");
        format!(
            "if(-not(Get-Module -ListAvailable -Name '{module}')){{exit {NO_MODULE}}}\n\
             try{{Import-Module -Name '{module}' -ErrorAction Stop}}catch{{\
             [Console]::Error.WriteLine($_.Exception.Message);exit {BROKEN_MODULE}}}\n"
        )
    });
    format!("{PROLOGUE}{}{script}\nexit {DONE}\n", load.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_goes_encoded_behind_what_makes_it_safe() {
        let arguments = arguments(Some("ADSync"), "Get-ADSyncScheduler | ConvertTo-Json -Compress");
        let words: Vec<&str> = arguments.iter().filter_map(|word| word.to_str()).collect();
        assert!(words.contains(&"-NoProfile") && words.contains(&"-NonInteractive"));
        assert_eq!(words[words.len() - 2], "-EncodedCommand");
        let bytes = STANDARD.decode(words[words.len() - 1]).unwrap();
        let units: Vec<u16> = bytes.chunks(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
        let text = String::from_utf16(&units).unwrap();
        assert!(text.ends_with("Get-ADSyncScheduler | ConvertTo-Json -Compress\nexit 70\n"));
        assert!(text.contains("-Name 'ADSync')){exit 71}") && text.contains("OutputEncoding=[Text.UTF8Encoding]"));
        assert!(whole(Some("a'b"), "").contains("'a''b'"));
        assert!(!whole(None, "x").contains("Import-Module"));
    }
}
