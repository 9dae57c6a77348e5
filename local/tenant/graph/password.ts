// The password policy of Entra ID (https://learn.microsoft.com/entra/identity/authentication/concept-sspr-policy).

const allowed = /^[A-Za-z0-9@#$%^&*\-_!+=[\]{}|\\:',.?/`~"();<> ]*$/;
const classes = [/[a-z]/, /[A-Z]/, /[0-9]/, /[^A-Za-z0-9]/];

/** Why the service would refuse the password, or undefined. */
export function passwordProblem(password: unknown): string | undefined {
  if (typeof password !== 'string')
    return "Invalid value specified for property 'password' of resource 'User'.";
  const fits =
    password.length >= 8 &&
    password.length <= 256 &&
    allowed.test(password) &&
    classes.filter((type) => type.test(password)).length >= 3;
  return fits
    ? undefined
    : 'The specified password does not comply with password complexity requirements. Please provide a different password.';
}
