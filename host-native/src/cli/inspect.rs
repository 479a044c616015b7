//! `sqlink inspect`.

use anyhow::Result;
use clap::Args;
use serde_json::{Value as Json, json};
use sqlink_host_native::metadata::{
    Aggregate, Capability, FunctionFlags, HookSet, Manifest, Module, ModuleFlags, Nesting,
};
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

/// Names of the flags that are set, as in the contract.
macro_rules! flag_names {
    ($flags:expr, $type:ident { $($flag:ident: $name:literal),* $(,)? }) => {{
        let flags: $type = $flags;
        let mut names: Vec<&'static str> = Vec::new();
        $(if flags.contains($type::$flag) {
            names.push($name);
        })*
        names
    }};
}

fn function_flags(flags: FunctionFlags) -> Vec<&'static str> {
    flag_names!(
        flags,
        FunctionFlags {
            DETERMINISTIC: "deterministic",
            DIRECT_ONLY: "direct-only",
            INNOCUOUS: "innocuous",
            SUBTYPE: "subtype",
        }
    )
}

fn module_flags(flags: ModuleFlags) -> Vec<&'static str> {
    flag_names!(
        flags,
        ModuleFlags {
            EPONYMOUS: "eponymous",
            CREATABLE: "creatable",
            WRITABLE: "writable",
            TRANSACTIONAL: "transactional",
            SAVEPOINTS: "savepoints",
            CONFLICTS: "conflicts",
            RENAMABLE: "renamable",
            INTEGRITY: "integrity",
            DIRECT_ONLY: "direct-only",
            INNOCUOUS: "innocuous",
        }
    )
}

fn hook_names(hooks: HookSet) -> Vec<&'static str> {
    flag_names!(
        hooks,
        HookSet {
            AUTHORIZER: "authorizer",
            UPDATE: "update",
            PREUPDATE: "preupdate",
            COMMIT: "commit",
            ROLLBACK: "rollback",
        }
    )
}

fn nesting(manifest: &Manifest) -> &'static str {
    match manifest.nesting {
        Nesting::Refuse => "refuse",
        Nesting::FreshInstance => "fresh-instance",
    }
}

fn as_json(file: &str, inspection: &Inspection) -> Json {
    let manifest = &inspection.manifest;
    let capabilities = |list: &[Capability]| -> Vec<Json> {
        list.iter().map(|one| json!({"name": one.name, "reason": one.reason})).collect()
    };
    let function = |name: &str, arg_count: i32, flags| json!({ "name": name, "arg_count": arg_count, "flags": function_flags(flags) });
    let functions: Vec<_> =
        manifest.functions.iter().map(|one| function(&one.name, one.arg_count, one.flags)).collect();
    let aggregate = |one: &Aggregate| {
        let mut json = function(&one.name, one.arg_count, one.flags);
        json["window"] = one.window.into();
        json
    };
    let module =
        |one: &Module| json!({ "name": one.name, "flags": module_flags(one.flags), "shadow_names": one.shadow_names });
    json!({
        "file": file,
        "size": inspection.size,
        "sha256": inspection.digest,
        "imports": inspection.imports,
        "exports": inspection.exports,
        "wasi": inspection.wasi,
        "manifest": {
            "name": manifest.name,
            "version": manifest.version,
            "description": manifest.description,
            "functions": functions,
            "aggregates": manifest.aggregates.iter().map(aggregate).collect::<Vec<_>>(),
            "collations": manifest.collations.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(),
            "modules": manifest.modules.iter().map(module).collect::<Vec<_>>(),
            "hooks": hook_names(manifest.hooks),
            "nesting": nesting(manifest),
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
        format!("nesting   {}", nesting(manifest)),
    ];
    let function = |name: &str, arg_count: i32, flags: &[&str]| {
        let count = match arg_count {
            1 => "1 argument".to_owned(),
            count if count < 0 => "any arguments".to_owned(),
            count => format!("{count} arguments"),
        };
        format!("  {:24} {count:14} {}", safe(name), flags.join(", "))
    };
    let functions = manifest.functions.iter().map(|one| function(&one.name, one.arg_count, &function_flags(one.flags)));
    let aggregates = manifest.aggregates.iter().map(|one| {
        let mut flags = function_flags(one.flags);
        flags.extend(one.window.then_some("window"));
        function(&one.name, one.arg_count, &flags)
    });
    let collations = manifest.collations.iter().map(|one| format!("  {}", safe(&one.name)));
    let modules = manifest.modules.iter().map(|one| {
        let tables: Vec<_> = one.shadow_names.iter().map(|name| safe(name)).collect();
        let tables = if tables.is_empty() { String::new() } else { format!("; shadow tables {}", tables.join(", ")) };
        format!("  {:24} {}{tables}", safe(&one.name), module_flags(one.flags).join(", "))
    });
    let hooks = hook_names(manifest.hooks).into_iter().map(|name| format!("  {name}"));
    for (title, list) in [
        ("functions", functions.collect::<Vec<_>>()),
        ("aggregates", aggregates.collect()),
        ("collations", collations.collect()),
        ("virtual table modules", modules.collect()),
        ("hooks", hooks.collect()),
    ] {
        if !list.is_empty() {
            lines.extend([String::new(), title.to_owned()]);
            lines.extend(list.iter().map(|line| line.trim_end().to_owned()));
        }
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
