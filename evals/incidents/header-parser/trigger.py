from headers.classify import classify


def fire():
    classify("From: tom@x.example\nSubject: Re: Lunch at 12:30?\nPrecedence: list\n\nYes")
