exports.runEveryMinute = async function (meta) {
  await posthog.capture("tick", { arguments: arguments.length, configured: typeof meta.config });
};
