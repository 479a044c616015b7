//! `sqlink inspect`.

use anyhow::Result;
use clap::Args;
use serde_json::{Value as Json, json};
use sqlink_host_native::metadata::{Capability, FunctionFlags};
use sqlink_host_native::{CachePolicy, Inspection, Limits, inspect, read_component};
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

/// Shows what an extension file says of itself. Runs none of its functions.
#[derive(Args, Debug)]
pub(crate) struct Inspect {
    /// The extension.
    file: PathBuf,
    /// Prints JSON.
    #[arg(long)]
    json: bool,
}

impl Inspect {
    pub(crate) fn run(&self) -> Result<ExitCode> {
        let file = self.file.display().to_string();
        let bytes = read_component(&self.file)?;
        let inspection = inspect(&file, &bytes, &Limits::default(), &CachePolicy::User)?;
        let text = if self.json { format!("{:#}\n", as_json(&file, &inspection)) } else { as_text(&file, &inspection) };
        io::stdout().write_all(text.as_bytes())?;
        Ok(ExitCode::SUCCESS)
    }
}

fn flag_names(flags: FunctionFlags) -> Vec<&'static str> {
    [
        (FunctionFlags::DETERMINISTIC, "deterministic"),
        (FunctionFlags::DIRECT_ONLY, "direct-only"),
        (FunctionFlags::INNOCUOUS, "innocuous"),
        (FunctionFlags::SUBTYPE, "subtype"),
    ]
    .into_iter()
    .filter(|(flag, _)| flags.contains(*flag))
    .map(|(_, name)| name)
    .collect()
}

fn as_json(file: &str, inspection: &Inspection) -> Json {
    let manifest = &inspection.manifest;
    let capabilities = |list: &[Capability]| -> Vec<Json> {
        list.iter().map(|one| json!({"name": one.name, "reason": one.reason})).collect()
    };
    let functions: Vec<_> = manifest
        .functions
        .iter()
        .map(|function| {
            json!({
                "name": function.name,
                "arg_count": function.arg_count,
                "flags": flag_names(function.flags),
            })
        })
        .collect();
    json!({
        "file": file,
        "size": inspection.size,
        "sha256": inspection.digest,
        "imports": inspection.imports,
        "wasi": inspection.wasi,
        "manifest": {
            "name": manifest.name,
            "version": manifest.version,
            "description": manifest.description,
            "functions": functions,
            "required": capabilities(&manifest.required),
            "optional": capabilities(&manifest.optional),
        },
    })
}

fn as_text(file: &str, inspection: &Inspection) -> String {
    // What the extension says is text of a stranger: nothing of it may reach the terminal unescaped.
    let safe = |text: &str| text.escape_debug().to_string();
    let manifest = &inspection.manifest;
    let mut lines = vec![
        format!("{} {} - {}", safe(&manifest.name), safe(&manifest.version), safe(&manifest.description)),
        String::new(),
        format!("file      {file}"),
        format!("size      {} bytes", inspection.size),
        format!("sha256    {}", inspection.digest),
        String::new(),
        "functions".to_owned(),
    ];
    for function in &manifest.functions {
        let count = match function.arg_count {
            1 => "1 argument".to_owned(),
            count if count < 0 => "any arguments".to_owned(),
            count => format!("{count} arguments"),
        };
        let flags = flag_names(function.flags).join(", ");
        let line = format!("  {:24} {count:14} {flags}", safe(&function.name));
        lines.push(line.trim_end().to_owned());
    }
    for (title, list) in [("required", &manifest.required), ("optional", &manifest.optional)] {
        if !list.is_empty() {
            lines.extend([String::new(), format!("{title} capabilities")]);
            lines.extend(list.iter().map(|one| format!("  {:24} {}", safe(&one.name), safe(&one.reason))));
        }
    }
    if !inspection.imports.is_empty() {
        lines.extend([String::new(), "imports".to_owned()]);
        lines.extend(inspection.imports.iter().map(|import| format!("  {import}")));
    }
    if !inspection.wasi.is_empty() {
        lines.extend([String::new(), "imports that are always denied".to_owned()]);
        lines.extend(inspection.wasi.iter().map(|import| format!("  {import}")));
    }
    lines.push(String::new());
    lines.join("\n")
}
