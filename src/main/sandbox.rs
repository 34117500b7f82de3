//! `heliogram sandbox`: the data centre in a box as a process of its own, until Ctrl-C.

use std::time::Duration;

use anyhow::Context as _;
use heliogram::cli::{CliError, Interrupt, Output, SandboxArguments};
use heliogram::sandbox::{
    AccountOption, Conditions, Fault, OptionError, PaintedOptions, Sandbox, SandboxOptions,
    parse_rate,
};

/// Serves until it is told to stop. Its world stays in its folder.
pub(crate) fn run(
    arguments: &SandboxArguments,
    output: &mut Output,
    interrupt: &Interrupt,
) -> anyhow::Result<()> {
    let options = options(arguments).map_err(|error| CliError::Usage(format!("{error}.")))?;
    interrupt.ask_first("Its world is kept in its folder; the same command has it again.");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .thread_name("sandbox")
        .enable_all()
        .build()
        .context("The sandbox has no threads")?;
    let sandbox = runtime.block_on(Sandbox::start(options)).context("The sandbox did not start")?;
    output.note(&format!("Listening on {}. Ctrl-C stops it.", sandbox.ready().address));
    interrupt.wait();
    runtime.block_on(sandbox.stop());
    output.note("Stopped. Its world is kept in its folder; the same command has it again.");
    Ok(())
}

fn options(arguments: &SandboxArguments) -> Result<SandboxOptions, OptionError> {
    let rate = |text: &Option<String>| text.as_deref().map(parse_rate).transpose();
    Ok(SandboxOptions {
        listen: arguments.listen,
        data: arguments.data.clone(),
        ready_file: arguments.ready_file.clone(),
        painted: arguments.photos.map(|photos| PaintedOptions { photos, seed: arguments.seed }),
        accounts: arguments
            .account
            .iter()
            .map(|account| account.parse::<AccountOption>())
            .collect::<Result<_, _>>()?,
        conditions: Conditions {
            rtt: Duration::from_millis(arguments.rtt),
            connection_rate: rate(&arguments.connection_rate)?,
            line_rate: rate(&arguments.line_rate)?,
        },
        faults: arguments
            .fault
            .iter()
            .map(|fault| fault.parse::<Fault>())
            .collect::<Result<_, _>>()?,
        fault_seed: arguments.fault_seed,
    })
}
