"""Words that carry grammar rather than meaning, by language, folded.

They tell languages apart, and the FAQ counts them for little.
"""

from __future__ import annotations

from collections.abc import Mapping


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


FUNCTION_WORDS: Mapping[str, frozenset[str]] = {
    "en": _words(
        """
        a about after again all also am an and any are as at be because been before but by
        can cannot could d did do does doing don for from get had has have he hello her here
        hi him his how i if in into is isn it its just kindly know let like ll m may me more
        my need no not now of off on one only or our out over please re s she should so some
        such t than thank thanks that the their them then there these they this those to too
        up us ve very want was we were what when where which while who why will with would
        you your
        """
    ),
    "pt": _words(
        """
        a ainda algum alguma ao aos aquela aquele aqui as ate bem boa bom com como da das de
        dela dele depois do dos e ela elas ele eles em entao era essa esse esta estao estar
        estava este estou eu favor fazer foi gentileza gostaria ha isso isto ja la lhe mais
        mas me mesmo meu meus minha minhas muito na nao nas nem nos nossa nosso num numa o
        obrigada obrigado ola onde os ou para pela pelo pode podem poder por porque posso
        preciso quais qual quando que quem quero se sem ser seu seus sim so sobre sua suas
        tambem te tem tenho ter todo todos tudo um uma umas uns voce voces
        """
    ),
    "es": _words(
        """
        a ahora al algo alguien algun alguna aquel aqui asi aun bien buenas buenos como con
        cual cuales cuando de del desde dias donde e el ella ellos en entonces era es esa
        ese eso esta estan estar este esto estoy favor fue gracias gustaria ha hace hacer
        hay he hola la las le les lo los mas me mi mis mucho muy nada ni no nos nuestra
        nuestro o os otra otro para pero por porque puede pueden puedo que quien quiero
        quisiera se sea ser si sido sin sobre son soy su sus tambien te tengo tiene tienen
        todo todos tu tus un una unas unos usted ustedes y ya yo
        """
    ),
    "it": _words(
        """
        a abbiamo adesso agli ai al alla alle allo anche ancora avere bene buongiorno che
        chi ci ciao come con cortesia cosa cui da dal dalla dalle degli dei del della delle
        dello di dopo dove e ed era essere fa fare favore gia gli grazie ha hai hanno ho i
        il in io l la le lei li lo loro ma me mi mia mie miei mio molto ne nei nel nella
        nelle no noi non nostra nostro o ogni per perche piu poi posso potete potrebbe prima
        puo qual quale quali quando quanto quella quello questa questo qui salve sarebbe se
        sei senza si sia siamo solo sono sta stato su sua sul sulla suo te ti tra tu tutti
        tutto un una uno vi voglio voi vorrei vostra vostro
        """
    ),
    "pl": _words(
        """
        a aby albo ale bardzo bez bo by byc byl byla bylo bym chce chcialabym chcialbym ci
        co czego czy dla do dobry dziekuje dzien gdy gdzie go i ich ile im inne ja jak jaka
        jaki jakie je jego jej jest jestem jeszcze juz kiedy kto ktora ktore ktory lub ma
        mam mamy mi mnie moc moge moich moim moj moja moje mojego mojej moze mozna my na nad
        nam nas nasz nie niego nim o od on ona one oni oraz pan pani panstwo po pod poniewaz
        prosze przed przez przy sa sie sobie swoj swoja swoje swojego swojej ta tak takze
        tam te tego tej ten to tu tylko tym u uprzejmie w wam was wasz wasza wasze we wiec
        witam wszystko z za ze zeby
        """
    ),
}

# Languages that are often met and are not among ours: known only to be told from ours.
FOREIGN_WORDS: Mapping[str, frozenset[str]] = {
    "de": _words(
        """
        aber alle als am an auch auf aus bei bin bitte da danke das dass dem den der des die
        dies doch du durch ein eine einem einen einer er es fur geht guten habe haben hallo
        hat ich ihr ihre ihren im in ist ja kann kein keine konnen man mein meine meinem
        meinen meiner mich mir mit muss nach nicht noch nur oder ohne schon sehr sein seit
        sich sie sind so uber um und uns unser von vor war was weil wenn werden wie wieder
        wir wird wo zu zum zur
        """
    ),
    "fr": _words(
        """
        ai au aux avec avez avons bonjour c ca ce ces cette chez comme comment d dans de
        depuis des du elle en est et etait etre eu faire fait il ils j je l la le les leur
        lui m ma mais me merci mes moi mon n ne nos notre nous on ont ou par pas peut peux
        plus pour pourquoi pouvez qu quand que quel quelle qui s sa sans se ses si son sont
        suis sur ta te tres tu un une vos votre voudrais vous y
        """
    ),
    "nl": _words(
        """
        aan af al als ben bij dan dat de deze die dit doen door dus een en er ga gaan geen
        goed graag haar heb hebben heeft het hij hoe hoi ik in is je jij jullie kan kunnen
        kunt maar met mij mijn moet na naar niet nog nu of om ons onze ook op over te tot u
        uit uw van veel voor waar wanneer wat we wel werkt wij wil worden ze zijn zou
        """
    ),
    "ro": _words(
        """
        aceasta acest ai al ale am ar are as asta ati au buna ca care cat ce cel cu cum da
        daca de din dupa este eu fi fost in la le ma mai mea meu mi mult multumesc nu o pe
        pentru prin sa sau se si sunt te un unde unei va vreau
        """
    ),
    "sv": _words(
        """
        alla att av bara den det dig din du efter eller en ett for fran fungerar god har hej
        hos hur i inte jag kan man med men mig min mina mitt mot ni nu och om oss pa sig sin
        som tack till under upp ut vad var vi vid vill
        """
    ),
    "cs": _words(
        """
        a aby ale ani az by byl co dekuji den do dobry jak jako je jeho jen jsem jsme jsou k
        kde kdy kdyz ktery mam mate me mi mit moje muj muze muzu na nam nas ne nebo neni o
        od po pri pro prosim s se si tak take ten to tohle u uz v vam vas ve z za ze
        """
    ),
}
