/** What is said to those who log in, about themselves, and to those with whom something was shared. */
export const account = {
  login: {
    title: 'Log in',
    name: 'Name',
    password: 'Password',
    remember: 'Stay logged in on this device',
    submit: 'Log in',
    back: 'Back',
    code: 'Code',
    codeHint: 'Six digits of your authenticator app, or a recovery code.',
    signOnWith: (name: string) => `Log in with ${name}`,
    newPasswordTitle: 'Choose a password',
    currentPassword: 'Present password',
    newPassword: 'New password',
    newPasswordHint: 'At least 10 characters. A few unusual words are easy to remember.',
    again: 'New password again',
    different: 'These two are not the same.',
    setPassword: 'Set password',
    outsideFault: (code: string) => `The other side did not let you in (${code}).`,
    outsideFaults: {} as Readonly<Record<string, string>>,
  },
  account: {
    title: 'Your account',
    titleOf: (name: string) => `Your account (${name})`,
    logOut: 'Log out',
  },
  share: {
    title: 'Shared camera',
  },
};
