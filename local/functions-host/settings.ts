// `%NAME%` in a queue's name or a timer's schedule stands for the app setting of that name.

/** Throws when a setting is missing: the function that needs it does not run, the others do. */
export function resolveSettings(
  text: string,
  settings: Readonly<Record<string, string | undefined>>,
): string {
  return text.replace(/%([^%\s]+)%/g, (_whole, name: string) => {
    const value = settings[name];
    if (value === undefined || value === '')
      throw new Error(`"${text}" names the setting ${name}, which is missing`);
    return value;
  });
}

/** Set per function by an administrator: `AzureWebJobs.<function>.Disabled`. */
export function isDisabled(name: string, settings: Readonly<Record<string, string | undefined>>): boolean {
  const value = settings[`AzureWebJobs.${name}.Disabled`] ?? settings[`AzureWebJobs_${name}_Disabled`];
  return value !== undefined && /^(1|true)$/i.test(value);
}
