"""The e-mail channel: mail by SMTP, LMTP and IMAP in, by SMTP out. See `channels.email.channel`.

Nothing is imported here: the parser's child needs `channels.email.parse` and none of the network.
"""
