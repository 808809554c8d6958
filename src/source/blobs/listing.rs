//! Pages of `List Blobs` and `List Containers`.
//!
//! Takes XML, gives names and what reading needs. Source: <https://learn.microsoft.com/rest/api/storageservices/list-blobs>.

use bytes::Bytes;

use crate::xml::elements;

/// One page.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    pub blobs: Vec<Blob>,
    /// Folders, with the `/` at their end.
    pub folders: Vec<String>,
    pub containers: Vec<String>,
    /// Where the next page begins; `None`: this was the last.
    pub marker: Option<String>,
}

/// A blob as it was listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Blob {
    pub name: String,
    pub bytes: u64,
    pub etag: String,
    /// When it was made: a blob that was replaced has another time.
    pub created: String,
    /// Only appending changes it.
    pub is_append: bool,
    /// `Content-Encoding`.
    pub encoding: String,
    /// In the archive tier it cannot be read.
    pub is_archived: bool,
    is_folder: bool,
}

/// A page is not what it should be.
#[derive(Debug)]
pub(super) struct NotAPage;

/// Reads a page.
///
/// # Errors
/// [`NotAPage`]: try again.
pub(super) fn read(body: &Bytes) -> Result<Page, NotAPage> {
    let text = std::str::from_utf8(body).map_err(|_| NotAPage)?;
    let mut page = Page::default();
    let mut blob = Blob::default();
    let mut is_whole = false;
    elements(text, |path, text| {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let text_of = || text.to_owned();
        match path.as_slice() {
            ["EnumerationResults"] => is_whole = true,
            [_, "NextMarker"] if !text.is_empty() => page.marker = Some(text_of()),
            [_, "Containers", "Container", "Name"] => page.containers.push(text_of()),
            [_, "Blobs", "BlobPrefix", "Name"] => page.folders.push(text_of()),
            [_, "Blobs", "Blob"] => {
                let read = std::mem::take(&mut blob);
                if !read.is_folder {
                    page.blobs.push(read);
                }
            }
            [_, "Blobs", "Blob", "Name"] => blob.name = text_of(),
            [_, "Blobs", "Blob", "Properties", property] => match property.to_ascii_lowercase().as_str() {
                "content-length" => blob.bytes = text.parse().unwrap_or(0),
                "etag" => blob.etag = quoted(text),
                "creation-time" => blob.created = text_of(),
                "blobtype" => blob.is_append = text == "AppendBlob",
                "content-encoding" => blob.encoding = text.to_ascii_lowercase(),
                "accesstier" => blob.is_archived = text == "Archive",
                "resourcetype" => blob.is_folder = text == "directory",
                _ => {}
            },
            _ => {}
        }
    })
    .ok_or(NotAPage)?;
    is_whole.then_some(page).ok_or(NotAPage)
}

/// Lists give it without quotes, headers with.
pub(super) fn quoted(etag: &str) -> String {
    if etag.is_empty() || etag.contains('"') { etag.to_owned() } else { format!("\"{etag}\"") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blobs_folders_and_the_marker_are_read() {
        let body = "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults ServiceEndpoint=\"x\"><Prefix>p</Prefix><Blobs><BlobPrefix><Name>a&amp;b/</Name></BlobPrefix><Blob><Name>a/PT1H.json</Name><Properties><Creation-Time>c</Creation-Time><Etag>0x1</Etag><Content-Length>12</Content-Length><Content-Encoding /><BlobType>AppendBlob</BlobType></Properties></Blob><Blob><Name>folder</Name><Properties><ResourceType>directory</ResourceType></Properties></Blob></Blobs><NextMarker>m</NextMarker></EnumerationResults>";
        let page = read(&Bytes::from_static(body.as_bytes())).unwrap();
        assert_eq!((page.folders, page.marker), (vec!["a&b/".to_owned()], Some("m".to_owned())));
        let [blob] = page.blobs.as_slice() else { panic!("one blob, no folder") };
        assert_eq!((blob.name.as_str(), blob.bytes, blob.etag.as_str()), ("a/PT1H.json", 12, "\"0x1\""));
        assert!(blob.is_append && !blob.is_archived && blob.created == "c");
        let containers = "<EnumerationResults><Containers><Container><Name>insights-logs-auditlogs</Name></Container></Containers><NextMarker/></EnumerationResults>";
        let page = read(&Bytes::from_static(containers.as_bytes())).unwrap();
        assert_eq!((page.containers.len(), page.marker), (1, None));
        for bad in ["", "{}", "<EnumerationResults><Blobs>", "<html></html>"] {
            assert!(read(&Bytes::from_static(bad.as_bytes())).is_err(), "{bad}");
        }
    }
}
